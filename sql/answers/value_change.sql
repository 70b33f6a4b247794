-- question: What changed between two instants, and why: price, accrual, flow, scope or revaluation?
-- The parts add up to the change to the last digit, in total and in every grouping; docs/metrics.md has the definitions. The
-- span runs from the first complete instant at or after `since` to the last complete one at or before `until`.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
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
    mine as (select * from accounts_meant(account, account_group)),
    cells as (
        select cell_scope.as_of, bool_and(cell_scope.is_recorded) as is_complete
        from cells_between(since, until, account, account_group, chain) as cell_scope
        group by cell_scope.as_of
    ),
    span as (
        select min(cells.as_of) filter (where cells.is_complete) as opening_as_of,
            max(cells.as_of) filter (where cells.is_complete) as closing_as_of,
            count(*) as instants
        from cells
    ),
    checked as (
        select span.*,
            case
                when per::varchar in ('total', 'account', 'chain', 'layer', 'asset', 'asset_group') then per::varchar
                else error('there is no change by ' || per::varchar || '; there is by total, account, chain, layer, asset, asset_group')
            end as asked_per,
            exists (
                from cells
                where not cells.is_complete and cells.as_of between span.opening_as_of and span.closing_as_of
            ) as is_over_gap
        from span
    ),
    part as (
        select movement.account_id, movement.chain_id, movement.layer, null::varchar as asset_id,
            movement.price_effect_usd, movement.accrual_usd, movement.flow_usd, movement.scope_usd,
            movement.revaluation_usd, null::decimal(38, 6) as opening_usd, null::decimal(38, 6) as closing_usd,
            null::decimal(38, 6) as rewards_usd, movement.exit_count
        from movement
        join checked on movement.as_of > checked.opening_as_of and movement.as_of <= checked.closing_as_of
        where per::varchar not in ('asset', 'asset_group')
        union all
        select held.account_id, held.chain_id, held.layer, null, 0, 0, 0, 0, 0,
            case when held.is_counted and held.as_of = checked.opening_as_of then held.value_usd end,
            case when held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end,
            case when not held.is_counted and held.as_of = checked.closing_as_of then held.value_usd end, 0
        from cell_scope as held
        join checked on held.as_of in (checked.opening_as_of, checked.closing_as_of)
        where per::varchar not in ('asset', 'asset_group')
        union all
        select change.account_id, change.chain_id, change.layer, change.asset_id, change.price_effect_usd,
            change.accrual_usd, change.flow_usd, change.scope_usd, change.revaluation_usd, null, null, null,
            (change.exit_price is not distinct from 'opening')::bigint
        from change
        join checked on change.as_of > checked.opening_as_of and change.as_of <= checked.closing_as_of
        where per::varchar in ('asset', 'asset_group')
        union all
        select held.account_id, held.chain_id, held.layer, held.asset_id, 0, 0, 0, 0, 0,
            case when held.layer <> 'reward' then held.value_usd end, null, null, 0
        from record_holding as held
        join checked on held.as_of = checked.opening_as_of
        where per::varchar in ('asset', 'asset_group')
        union all
        select held.account_id, held.chain_id, held.layer, held.asset_id, 0, 0, 0, 0, 0,
            null, case when held.layer <> 'reward' then held.value_usd end,
            case when held.layer = 'reward' then held.value_usd end, 0
        from record_holding as held
        join checked on held.as_of = checked.closing_as_of
        where per::varchar in ('asset', 'asset_group')
    ),
    known as (
        select bool_and(movement.is_classified) as is_classified
        from movement
        join mine using (account_id)
        join checked on movement.as_of > checked.opening_as_of and movement.as_of <= checked.closing_as_of
        where chain is null or movement.chain_id = chain_meant(chain)
    ),
    named as (
        select part.*, mine.label, asset_group.group_id, checked.asked_per
        from part
        cross join checked
        join mine using (account_id)
        left join asset_group using (asset_id)
        where chain is null or part.chain_id = chain_meant(chain)
    ),
    summed as (
        select
            named.asked_per as per,
            part_id(
                named.asked_per, named.account_id, named.chain_id, named.layer, null, named.asset_id, named.group_id
            ) as id,
            case named.asked_per
                when 'account' then any_value(named.label)
                when 'asset' then coalesce(any_value(described.symbol), any_value(named.asset_id))
            end as name,
            coalesce(sum(named.opening_usd), 0) as opening_usd, sum(named.price_effect_usd) as price_effect_usd,
            sum(named.accrual_usd) as accrual_usd, sum(named.flow_usd) as flow_usd, sum(named.scope_usd) as scope_usd,
            sum(named.revaluation_usd) as revaluation_usd, coalesce(sum(named.closing_usd), 0) as closing_usd,
            coalesce(sum(named.rewards_usd), 0) as rewards_usd, sum(named.exit_count)::bigint as exits_at_opening
        from named
        left join (
            select said.asset_id, arg_max(said.symbol, said.recorded_at) as symbol from asset as said group by said.asset_id
        ) as described using (asset_id)
        group by 1, 2
    )
select
    checked.asked_per as per, coalesce(summed.id, 'all') as id, coalesce(summed.name, summed.id, 'all') as name,
    checked.opening_as_of as since_effective, checked.closing_as_of as until_effective,
    summed.opening_usd, summed.price_effect_usd, summed.accrual_usd, summed.flow_usd, summed.scope_usd,
    summed.revaluation_usd, summed.closing_usd, summed.closing_usd - summed.opening_usd as change_usd,
    summed.price_effect_usd + summed.accrual_usd as profit_abs_usd, summed.rewards_usd, summed.exits_at_opening,
    checked.is_over_gap as spans_gap,
    case when known.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    case
        when checked.instants = 0 then 'history_starts_later'
        when checked.opening_as_of is null then 'no_opening_value'
    end as reason
from checked
cross join known
left join summed on checked.opening_as_of is not null
order by abs(change_usd) desc nulls last, id
