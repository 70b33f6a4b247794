-- claim: Moves to accrual what snapshots take for a flow and a flows file that covers the step does not name as one.
-- An account and chain is covered in a step if the file knows every movement from its begin to its end, and all its layers
-- begin and end together: what went from one that is known to one that is missing looks like a flow. What was moved
-- there between own accounts (`internal`) explains as much of the implied flow as it is worth, in either direction. A step whose
-- known flows cannot be priced stays as implied. The row that moves it is one of its own, so that every grouping adds up.
create or replace temp table covered_step as
with
    stepped as (
        select step.as_of, min(step.previous_as_of) as previous_as_of, step.account_id, step.chain_id
        from pending_step as step
        group by step.as_of, step.account_id, step.chain_id
        having bool_and(step.kind in ('measured', 'switched')) and min(step.previous_as_of) = max(step.previous_as_of)
    )
select stepped.*
from stepped
where exists (
        from flowspan
        where flowspan.account_id = stepped.account_id
            and stepped.previous_as_of >= flowspan.since and stepped.as_of <= flowspan.until
    )
    and not exists (
        from cell_scope as lacking
        where lacking.as_of = stepped.as_of and lacking.account_id = stepped.account_id
            and lacking.chain_id = stepped.chain_id and lacking.is_counted and not lacking.is_recorded
    );
create or replace temp table classified_step as
with
    named as (
        select covered_step.*, flow.asset_id, flow.amount, flow.kind
        from covered_step
        join flow
            on flow.account_id = covered_step.account_id and flow.asset_id like covered_step.chain_id || '/%'
            and flow.moved_at > covered_step.previous_as_of and flow.moved_at <= covered_step.as_of
        where flow.kind in ('deposit', 'withdrawal', 'internal')
    ),
    priced as (
        select named.as_of, named.asset_id, arg_min(holding.price_usd, (holding.as_of < named.as_of, holding.provider)) as price_usd
        from (select distinct named.as_of, named.previous_as_of, named.asset_id from named) as named
        join holding
            on holding.as_of in (named.as_of, named.previous_as_of) and holding.asset_id = named.asset_id
            and holding.price_status = 'priced'
        group by named.as_of, named.asset_id
    ),
    told as (
        select covered_step.as_of, covered_step.previous_as_of, covered_step.account_id, covered_step.chain_id,
            sum(case named.kind
                when 'deposit' then named.amount * priced.price_usd
                when 'withdrawal' then -named.amount * priced.price_usd
                else 0
            end)::decimal(38, 6) as known_usd,
            sum(case when named.kind = 'internal' then named.amount * priced.price_usd else 0 end)::decimal(38, 6) as internal_usd,
            bool_or(named.asset_id is not null and priced.price_usd is null) as is_unpriced
        from covered_step
        left join named using (as_of, previous_as_of, account_id, chain_id)
        left join priced on priced.as_of = named.as_of and priced.asset_id = named.asset_id
        group by covered_step.as_of, covered_step.previous_as_of, covered_step.account_id, covered_step.chain_id
    )
select told.as_of, told.previous_as_of, told.account_id, told.chain_id,
    -- zero: a file that covers the step and names no movement says that none was
    case when told.known_usd is null then 0 else told.known_usd end as known_usd,
    case when told.internal_usd is null then 0 else told.internal_usd end as internal_usd
from told
where not told.is_unpriced;
insert into change by name
with
    implied as (
        select classified_step.as_of, classified_step.previous_as_of, classified_step.account_id,
            classified_step.chain_id, any_value(change.account_hash) as account_hash,
            any_value(classified_step.internal_usd) as internal_usd,
            sum(change.flow_usd) - any_value(classified_step.known_usd) as rest_usd
        from classified_step
        join change
            on change.as_of = classified_step.as_of and change.account_id = classified_step.account_id
            and change.chain_id = classified_step.chain_id
        group by classified_step.as_of, classified_step.previous_as_of, classified_step.account_id, classified_step.chain_id
    ),
    moved as (
        select implied.*,
            -- zero: a movement is explained at most whole; none of its parts is absent
            (sign(implied.rest_usd) * greatest(abs(implied.rest_usd) - implied.internal_usd, 0))::decimal(38, 6) as moved_usd
        from implied
    )
select moved.as_of, moved.previous_as_of, moved.account_id, moved.chain_id, 'wallet' as layer, '' as position_id,
    moved.chain_id || '/flows:classified' as asset_id, 0 as price_effect_usd, moved.moved_usd as accrual_usd,
    -moved.moved_usd as flow_usd, 0 as scope_usd, 0 as revaluation_usd, null as exit_price,
    null as quantity, null as value_usd, false as is_held_before, false as is_held,
    moved.account_hash
from moved
where moved.moved_usd <> 0;
