-- question: What changed between two instants, and why: price, income, fees, flow, scope or revaluation?
-- The parts add up to the change to the last digit, in total and in every grouping; docs/metrics.md has the definitions. The
-- span runs from the first complete instant at or after `since` to the last complete one at or before `until`.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: total, account, chain, layer, asset or asset_group; default total.
-- column per varchar: What a row is about: total, account, chain, layer, asset or asset_group.
-- column id varchar: Which one.
-- column name varchar: Its name for people.
-- column since_effective timestamp: The first complete instant, UTC.
-- column until_effective timestamp: The last complete instant, UTC.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars, NULL where what is held has no known price.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column accrual_usd decimal(38,6): What holdings earned or owed by themselves, US dollars: a part of income.
-- column income_usd decimal(38,6): What holdings earned or owed: accrual and claimed rewards, US dollars.
-- column fee_usd decimal(38,6): What was lost to fees and penalties, below zero, US dollars.
-- column flow_usd decimal(38,6): What was moved in, out below zero, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, or came with another provider of record, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars, NULL where what is held has no known price.
-- column change_usd decimal(38,6): Closing less opening, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column rewards_usd decimal(38,6): Unclaimed rewards at the last instant, which are no part of the value, US dollars, NULL where unknown.
-- column unpriced_count bigint: How many holdings at the last have no known price, and so are in no number.
-- column exits_at_opening bigint: How many rows left at the price they had before, because nobody had one after.
-- column spans_gap boolean: Whether instants that are not complete lie between.
-- column ambiguous_usd decimal(38,6): How much of income and fees could as well be flow, or the other way round, US dollars.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why the numbers, or those of one end, are not known, one code, none where they are.
create or replace macro value_change(
    since := null, until := null, account := null, account_group := null, chain := null, per := 'total'
) as table
with
    asked as (
        select meant.scope_id,
            case
                when per::varchar in ('total', 'account', 'chain', 'layer', 'asset', 'asset_group') then per::varchar
                else error('there is no change by ' || per::varchar || '; there is by total, account, chain, layer, asset, asset_group')
            end as asked_per
        from meant(account, account_group) as meant
    ),
    mine as (
        select scope.account_id from scope join asked on asked.scope_id = scope.scope_id
    ),
    point as (
        select total.* from totals_meant(since, until, account, account_group, chain) as total
    ),
    span as (
        select min(point.as_of) filter (where point.is_complete) as opening_as_of,
            max(point.as_of) filter (where point.is_complete) as closing_as_of,
            count(*) filter (where point.is_instant) as instants
        from point
    ),
    checked as (
        select span.opening_as_of, span.closing_as_of, any_value(span.instants) as instants,
            bool_or(point.is_instant and not point.is_complete) as spans_gap,
            bool_and(point.is_classified) filter (where point.as_of > span.opening_as_of) as is_classified, asked.asked_per
        from span
        cross join asked
        left join point on point.as_of between span.opening_as_of and span.closing_as_of
        group by span.opening_as_of, span.closing_as_of, asked.asked_per
    ),
    part as (
        select case when per = 'account' then total.scope_id when per = 'chain' then total.chain_id else 'all' end as id,
            total.is_instant and total.as_of = checked.opening_as_of as is_opening,
            total.is_instant and total.as_of = checked.closing_as_of as is_closing,
            case when is_opening then total.value_usd end as opening_usd, case when is_closing then total.value_usd end as closing_usd,
            case when total.as_of = checked.closing_as_of then total.rewards_usd end as rewards_usd,
            case when is_closing then total.unpriced_count + total.quarantined_count end as unpriced_count,
            total.as_of > checked.opening_as_of as is_step, total.price_effect_usd, total.accrual_usd, total.income_usd, total.fee_usd, total.flow_usd,
            total.scope_usd, total.revaluation_usd, total.ambiguous_usd, total.exit_count
        from total
        join checked on total.as_of between checked.opening_as_of and checked.closing_as_of
        cross join asked
        where case when per = 'account' then total.scope_id in (select mine.account_id from mine)
                else per in ('total', 'chain') and total.scope_id = asked.scope_id end
            and case when per = 'chain' and chain is null then total.chain_id <> 'all'
                else total.chain_id = coalesce(chain::varchar, 'all') end
        union all
        select movement.layer, false, false, null, null, null, null, true, movement.price_effect_usd, movement.accrual_usd, movement.income_usd,
            movement.fee_usd, movement.flow_usd, movement.scope_usd, movement.revaluation_usd, movement.ambiguous_usd, movement.exit_count
        from movement
        join mine on mine.account_id = movement.account_id
        join checked on movement.as_of > checked.opening_as_of and movement.as_of <= checked.closing_as_of
        where per = 'layer' and (chain is null or movement.chain_id = chain::varchar)
        union all
        select held.layer, held.is_counted and held.as_of = checked.opening_as_of, held.is_counted and held.as_of = checked.closing_as_of,
            case when held.is_counted and held.as_of = checked.opening_as_of then held.value_usd end,
            case when held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end,
            case when not held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end,
            case when held.as_of = checked.closing_as_of then held.unpriced_count + held.quarantined_count end,
            false, null, null, null, null, null, null, null, null, null
        from cell_scope as held
        join mine on mine.account_id = held.account_id
        join checked on held.as_of = checked.opening_as_of or held.as_of = checked.closing_as_of
        where per = 'layer' and (chain is null or held.chain_id = chain::varchar)
        union all
        select case when per = 'asset' then change.asset_id else coalesce(asset_group.group_id, change.asset_id) end,
            change.as_of = checked.opening_as_of and (change.is_held or change.value_usd is not null),
            change.as_of = checked.closing_as_of and (change.is_held or change.value_usd is not null),
            case when change.as_of = checked.opening_as_of then change.value_usd end,
            case when change.as_of = checked.closing_as_of then change.value_usd end, null,
            (change.as_of = checked.closing_as_of and change.is_held and change.value_usd is null)::integer,
            change.as_of > checked.opening_as_of, change.price_effect_usd, change.accrual_usd, change.income_usd, change.fee_usd, change.flow_usd,
            change.scope_usd, change.revaluation_usd, change.ambiguous_usd, (change.exit_price is not distinct from 'opening')::bigint
        from change
        join mine on mine.account_id = change.account_id
        join checked on change.as_of between checked.opening_as_of and checked.closing_as_of
        left join asset_group on asset_group.asset_id = change.asset_id
        where per in ('asset', 'asset_group') and (chain is null or change.chain_id = chain::varchar)
        union all
        select case when per = 'asset' then held.asset_id else coalesce(asset_group.group_id, held.asset_id) end,
            false, false, null, null, held.value_usd, null, false, null, null, null, null, null, null, null, null, null
        from record_holding as held
        join mine on mine.account_id = held.account_id
        join checked on held.as_of = checked.closing_as_of
        left join asset_group on asset_group.asset_id = held.asset_id
        where per in ('asset', 'asset_group') and held.layer = 'reward' and (chain is null or held.chain_id = chain::varchar)
    ),
    reward as (
        select bool_and(held.is_recorded) as is_known
        from cell_scope as held
        join mine on mine.account_id = held.account_id
        join checked on held.as_of = checked.closing_as_of
        where held.layer = 'reward' and (chain is null or held.chain_id = chain::varchar)
    ),
    summed as (
        select part.id,
            worth_at_end(part.opening_usd, part.is_opening) as opening_usd,
            worth_at_end(part.closing_usd, part.is_closing) as closing_usd,
            changed_by_steps(part.price_effect_usd, part.is_step) as price_effect_usd,
            changed_by_steps(part.accrual_usd, part.is_step) as accrual_usd,
            changed_by_steps(part.income_usd, part.is_step) as income_usd,
            changed_by_steps(part.fee_usd, part.is_step) as fee_usd,
            changed_by_steps(part.ambiguous_usd, part.is_step) as ambiguous_usd,
            changed_by_steps(part.flow_usd, part.is_step) as flow_usd,
            changed_by_steps(part.scope_usd, part.is_step) as scope_usd,
            changed_by_steps(part.revaluation_usd, part.is_step) as revaluation_usd,
            -- zero: where no step lies between the two instants nothing left
            coalesce(sum(part.exit_count) filter (where part.is_step), 0)::bigint as exits_at_opening,
            count(part.rewards_usd) as rewards, sum(part.rewards_usd)::decimal(38, 6) as rewards_usd,
            sum(part.unpriced_count)::bigint as unpriced_count
        from part
        group by part.id
    ),
    known as (
        select summed.*,
            (opening_usd is not null and closing_usd is not null)
                or (price_effect_usd, income_usd, fee_usd, flow_usd, scope_usd, revaluation_usd) <> (0, 0, 0, 0, 0, 0) as is_booked
        from summed
    )
select
    checked.asked_per as per, coalesce(known.id, 'all') as id,
    coalesce(named.label, case when per = 'asset' then described.symbol end, known.id, 'all') as name,
    checked.opening_as_of as since_effective, checked.closing_as_of as until_effective,
    known.opening_usd, case when known.is_booked then known.price_effect_usd end as price_effect_usd,
    case when known.is_booked then known.accrual_usd end as accrual_usd,
    case when known.is_booked then known.income_usd end as income_usd,
    case when known.is_booked then known.fee_usd end as fee_usd,
    case when known.is_booked then known.flow_usd end as flow_usd,
    case when known.is_booked then known.scope_usd end as scope_usd,
    case when known.is_booked then known.revaluation_usd end as revaluation_usd, known.closing_usd,
    (known.closing_usd - known.opening_usd)::decimal(38, 6) as change_usd,
    case when known.is_booked then (known.price_effect_usd + known.income_usd + known.fee_usd)::decimal(38, 6) end as profit_abs_usd,
    -- zero: where every reward was asked for and answered, an asset without one has none
    case when per in ('asset', 'asset_group') and known.rewards = 0 and reward.is_known then 0 else known.rewards_usd end::decimal(38, 6)
        as rewards_usd,
    known.unpriced_count, known.exits_at_opening, checked.spans_gap,
    case when known.is_booked then known.ambiguous_usd end as ambiguous_usd,
    case when checked.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    case
        when checked.instants = 0 then 'history_starts_later'
        when checked.opening_as_of is null then 'no_opening_value'
        when known.opening_usd is not null and known.closing_usd is not null then null
        when per in ('asset', 'asset_group') then 'unpriced'
        else 'nothing_priced'
    end as reason
from checked
cross join reward
left join known on checked.opening_as_of is not null
left join account as named on named.account_id = known.id
left join described on described.asset_id = known.id
where known.id is not null or checked.opening_as_of is null
order by abs(change_usd) desc nulls last, id
