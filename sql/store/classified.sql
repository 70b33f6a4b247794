-- claim: Moves to accrual what snapshots take for a flow and a flows file that covers the step does not name as one.
-- An account and chain is covered in a step if the file knows every movement from its begin to its end, and all its layers
-- begin and end together: what went from one that is known to one that is missing looks like a flow. What was moved
-- there between own accounts (`internal`) explains as much of the implied flow as it is worth, in either direction; so does an
-- `internal` line of another account within three days, where the implied flow of the same asset group is worth the same. A step whose
-- known flows cannot be priced, or are worth more than a value may be, stays as implied. The row that moves it is one of its
-- own, so that every grouping adds up.
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
            -- who knows a day whole knows it to its last microsecond, and so the step to the midnight behind it
            and stepped.previous_as_of >= flowspan.since and stepped.as_of <= flowspan.until + interval 1 microsecond
    )
    and not exists (
        from cell_scope as lacking
        where lacking.as_of = stepped.as_of and lacking.account_id = stepped.account_id
            and lacking.chain_id = stepped.chain_id and lacking.is_counted and not lacking.is_recorded
    );
create or replace temp table classified_step as
with
    implied as (
        select covered_step.as_of, covered_step.account_id, covered_step.chain_id, coalesce(asset_group.group_id, change.asset_id) as group_id,
            arg_max(change.asset_id, (abs(change.flow_usd), change.asset_id)) as asset_id, sum(change.flow_usd)::decimal(38, 6) as flow_usd
        from covered_step
        join change using (as_of, account_id, chain_id)
        left join asset_group on asset_group.asset_id = change.asset_id
        where change.flow_usd <> 0
        group by all
    ),
    counterpart_line as (
        select covered_step.*, implied.asset_id, implied.flow_usd, other.amount
        from covered_step
        join implied using (as_of, account_id, chain_id)
        join (
            select flow.account_id, flow.moved_at, flow.amount, coalesce(asset_group.group_id, flow.asset_id) as group_id
            from flow
            left join asset_group using (asset_id)
            where flow.kind = 'internal'
        ) as other
            on other.account_id <> covered_step.account_id and other.group_id = implied.group_id
            and other.moved_at > covered_step.previous_as_of - interval 3 days and other.moved_at <= covered_step.as_of + interval 3 days
        where not exists (
            from flow
            where flow.account_id = covered_step.account_id and flow.asset_id = implied.asset_id and flow.kind = 'yield'
                and flow.moved_at > covered_step.previous_as_of and flow.moved_at <= covered_step.as_of
        )
    ),
    named as (
        select counterpart_line.*, 'counterpart' as kind
        from counterpart_line
        union all by name
        select covered_step.*, flow.asset_id, flow.amount, flow.kind
        from covered_step
        join flow
            on flow.account_id = covered_step.account_id and flow.asset_id like covered_step.chain_id || '/%'
            and flow.moved_at > covered_step.previous_as_of and flow.moved_at <= covered_step.as_of
        where flow.kind in ('deposit', 'withdrawal', 'internal') and not flow.is_date_only
        union all by name
        select covered_step.*, dated_flow.asset_id, dated_flow.amount, dated_flow.kind
        from covered_step
        join dated_flow using (as_of, account_id, chain_id)
    ),
    priced as (
        select named.as_of, named.asset_id, arg_min(holding.price_usd, (holding.as_of < named.as_of, holding.provider)) as price_usd
        from (select distinct named.as_of, named.previous_as_of, named.asset_id from named) as named
        join holding
            on holding.as_of in (named.as_of, named.previous_as_of) and holding.asset_id = named.asset_id
            and holding.price_status = 'priced'
        group by named.as_of, named.asset_id
    ),
    worth as (
        select named.as_of, named.previous_as_of, named.account_id, named.chain_id, named.kind,
            named.amount * priced.price_usd as usd, try_cast(usd as decimal(18, 6)) is not null as is_bookable,
            is_worth(abs(named.flow_usd), usd) as is_match
        from named
        left join priced on priced.as_of = named.as_of and priced.asset_id = named.asset_id
    ),
    told as (
        select covered_step.as_of, covered_step.previous_as_of, covered_step.account_id, covered_step.chain_id,
            sum(case worth.kind when 'deposit' then worth.usd when 'withdrawal' then -worth.usd else 0 end)
                filter (worth.is_bookable)::decimal(38, 6) as known_usd,
            sum(case when worth.kind = 'internal' or (worth.kind = 'counterpart' and worth.is_match) then worth.usd else 0 end)
                filter (worth.is_bookable)::decimal(38, 6) as internal_usd,
            bool_or(not worth.is_bookable) filter (worth.kind <> 'counterpart') as is_unpriced
        from covered_step
        left join worth using (as_of, previous_as_of, account_id, chain_id)
        group by covered_step.as_of, covered_step.previous_as_of, covered_step.account_id, covered_step.chain_id
    )
select told.as_of, told.previous_as_of, told.account_id, told.chain_id,
    -- zero: a file that covers the step and names no movement says that none was
    case when told.known_usd is null then 0 else told.known_usd end as known_usd,
    case when told.internal_usd is null then 0 else told.internal_usd end as internal_usd
from told
where told.is_unpriced is not true;
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
    moved.moved_usd as income_usd, 0 as fee_usd, -moved.moved_usd as flow_usd, 0 as scope_usd, 0 as entry_usd, 0 as revaluation_usd, 0 as ambiguous_usd, null as exit_price,
    null as quantity, null as value_usd, false as is_held_before, false as is_held, false as is_moved,
    moved.account_hash
from moved
where moved.moved_usd <> 0;
