-- question: What changed between two instants, and why: price, accrual, flow, scope or revaluation?
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
-- column opening_usd decimal(38,6): Booked value at the first, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column accrual_usd decimal(38,6): What holdings earned or owed by themselves, US dollars.
-- column flow_usd decimal(38,6): What was moved in, out below zero, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, or came with another provider of record, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars.
-- column change_usd decimal(38,6): Closing less opening, US dollars.
-- column profit_abs_usd decimal(38,6): Price and accrual, US dollars.
-- column rewards_usd decimal(38,6): Unclaimed rewards at the last instant, which are no part of the value, US dollars.
-- column exits_at_opening bigint: How many rows left at the price they had before, because nobody had one after.
-- column spans_gap boolean: Whether instants that are not complete lie between.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why nothing is known, one code, none where it is.
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
            case when total.as_of = checked.opening_as_of then total.known_value_usd end as opening_usd,
            case when total.as_of = checked.closing_as_of then total.known_value_usd end as closing_usd,
            case when total.as_of = checked.closing_as_of then total.rewards_usd end as rewards_usd,
            total.as_of > checked.opening_as_of as is_step, total.price_effect_usd, total.accrual_usd, total.flow_usd,
            total.scope_usd, total.revaluation_usd, total.exit_count
        from total
        join checked on total.as_of between checked.opening_as_of and checked.closing_as_of
        cross join asked
        where case when per = 'account' then total.scope_id in (select mine.account_id from mine)
                else per in ('total', 'chain') and total.scope_id = asked.scope_id end
            and case when per = 'chain' and chain is null then total.chain_id <> 'all'
                else total.chain_id = coalesce(chain::varchar, 'all') end
        union all
        select movement.layer, null, null, null, true, movement.price_effect_usd, movement.accrual_usd, movement.flow_usd,
            movement.scope_usd, movement.revaluation_usd, movement.exit_count
        from movement
        join mine on mine.account_id = movement.account_id
        join checked on movement.as_of > checked.opening_as_of and movement.as_of <= checked.closing_as_of
        where per = 'layer' and (chain is null or movement.chain_id = chain::varchar)
        union all
        select held.layer,
            case when held.is_counted and held.as_of = checked.opening_as_of then held.value_usd end,
            case when held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end,
            case when not held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end,
            false, null, null, null, null, null, null
        from cell_scope as held
        join mine on mine.account_id = held.account_id
        join checked on held.as_of = checked.opening_as_of or held.as_of = checked.closing_as_of
        where per = 'layer' and (chain is null or held.chain_id = chain::varchar)
        union all
        select case when per = 'asset' then change.asset_id else coalesce(asset_group.group_id, change.asset_id) end,
            case when change.as_of = checked.opening_as_of then change.value_usd end,
            case when change.as_of = checked.closing_as_of then change.value_usd end, null,
            change.as_of > checked.opening_as_of, change.price_effect_usd, change.accrual_usd, change.flow_usd,
            change.scope_usd, change.revaluation_usd, (change.exit_price is not distinct from 'opening')::bigint
        from change
        join mine on mine.account_id = change.account_id
        join checked on change.as_of between checked.opening_as_of and checked.closing_as_of
        left join asset_group on asset_group.asset_id = change.asset_id
        where per in ('asset', 'asset_group') and (chain is null or change.chain_id = chain::varchar)
        union all
        select case when per = 'asset' then held.asset_id else coalesce(asset_group.group_id, held.asset_id) end,
            null, null, held.value_usd, false, null, null, null, null, null, null
        from record_holding as held
        join mine on mine.account_id = held.account_id
        join checked on held.as_of = checked.closing_as_of
        left join asset_group on asset_group.asset_id = held.asset_id
        where per in ('asset', 'asset_group') and held.layer = 'reward' and (chain is null or held.chain_id = chain::varchar)
    ),
    summed as (
        select part.id, coalesce(sum(part.opening_usd), 0)::decimal(38, 6) as opening_usd,
            coalesce(sum(part.price_effect_usd) filter (where part.is_step), 0)::decimal(38, 6) as price_effect_usd,
            coalesce(sum(part.accrual_usd) filter (where part.is_step), 0)::decimal(38, 6) as accrual_usd,
            coalesce(sum(part.flow_usd) filter (where part.is_step), 0)::decimal(38, 6) as flow_usd,
            coalesce(sum(part.scope_usd) filter (where part.is_step), 0)::decimal(38, 6) as scope_usd,
            coalesce(sum(part.revaluation_usd) filter (where part.is_step), 0)::decimal(38, 6) as revaluation_usd,
            coalesce(sum(part.closing_usd), 0)::decimal(38, 6) as closing_usd,
            coalesce(sum(part.rewards_usd), 0)::decimal(38, 6) as rewards_usd,
            coalesce(sum(part.exit_count) filter (where part.is_step), 0)::bigint as exits_at_opening
        from part
        group by part.id
    )
select
    checked.asked_per as per, coalesce(summed.id, 'all') as id,
    coalesce(named.label, case when per = 'asset' then described.symbol end, summed.id, 'all') as name,
    checked.opening_as_of as since_effective, checked.closing_as_of as until_effective,
    summed.opening_usd, summed.price_effect_usd, summed.accrual_usd, summed.flow_usd, summed.scope_usd,
    summed.revaluation_usd, summed.closing_usd, (summed.closing_usd - summed.opening_usd)::decimal(38, 6) as change_usd,
    (summed.price_effect_usd + summed.accrual_usd)::decimal(38, 6) as profit_abs_usd, summed.rewards_usd,
    summed.exits_at_opening, checked.spans_gap,
    case when checked.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    case
        when checked.instants = 0 then 'history_starts_later'
        when checked.opening_as_of is null then 'no_opening_value'
    end as reason
from checked
left join summed on checked.opening_as_of is not null
left join account as named on named.account_id = summed.id
left join described on described.asset_id = summed.id
order by abs(change_usd) desc nulls last, id
