-- question: How did each period begin, what changed in it and why, how did it end? (a NAV statement; as 1inch general/report)
-- Each period runs from the last complete instant before it (or the first of the history) to its own last complete instant; a period
-- without one has no numbers, and what changed in it stands in the next that has.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter every: Length of a period: day, week, month, quarter or year; default month.
-- parameter per: What to report on, each in its rows: total, account, chain or layer; default total.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column period_as_of timestamp: Begin of the period, UTC.
-- column per varchar: What a row is about: total, account, chain or layer.
-- column id varchar: Which one.
-- column name varchar: Its name for people.
-- column opening_as_of timestamp: The complete instant at which it opens, UTC.
-- column closing_as_of timestamp: The complete instant at which it closes, UTC.
-- column opening_usd decimal(38,6): Booked value at the opening, US dollars.
-- column net_flow_usd decimal(38,6): What was moved in less what was moved out, US dollars.
-- column accrual_usd decimal(38,6): What holdings earned or owed by themselves, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column closing_usd decimal(38,6): Booked value at the closing, US dollars.
-- column profit_abs_usd decimal(38,6): Price and accrual, US dollars.
-- column instants bigint: How many instants the period has.
-- column complete_share double: What fraction of them is complete.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why the numbers are NULL, one code, none where they are not.
create or replace macro overview_report(
    since := null, until := null, every := 'month', per := 'total',
    account := null, account_group := null, chain := null
) as table
with
    mine as (from accounts_meant(account, account_group)),
    asked as (
        select
            case when every::varchar in ('day', 'week', 'month', 'quarter', 'year') then every::varchar
                else error('there is no report every ' || every::varchar || '; there is every day, week, month, quarter, year') end as asked_every,
            case when per::varchar in ('total', 'account', 'chain', 'layer') then per::varchar
                else error('there is no report per ' || per::varchar || '; there is per total, account, chain, layer') end as asked_per
    ),
    cells as (
        select cell_scope.as_of, date_trunc(asked.asked_every, cell_scope.as_of) as period,
            bool_and(cell_scope.is_recorded) as is_complete
        from cells_between(since, until, account, account_group, chain) as cell_scope
        cross join asked
        group by cell_scope.as_of, period
    ),
    period as (
        select cells.period, count(*) as instants, count(*) filter (where cells.is_complete) / count(*) as complete_share,
            max(cells.as_of) filter (where cells.is_complete) as closing_as_of,
            min(cells.as_of) filter (where cells.is_complete) as first_as_of
        from cells
        group by cells.period
    ),
    span as (
        select period.*,
            coalesce(
                last_value(period.closing_as_of ignore nulls) over (
                    order by period.period rows between unbounded preceding and 1 preceding
                ),
                period.first_as_of
            ) as opening_as_of
        from period
    ),
    part as (
        select span.period, movement.account_id, movement.chain_id, movement.layer, movement.flow_usd, movement.accrual_usd,
            movement.price_effect_usd, movement.scope_usd, movement.revaluation_usd,
            0::decimal(38, 6) as opening_usd, 0::decimal(38, 6) as closing_usd, movement.is_classified
        from movement
        join span on movement.as_of > span.opening_as_of and movement.as_of <= span.closing_as_of
        union all
        select span.period, cell_scope.account_id, cell_scope.chain_id, cell_scope.layer, 0, 0, 0, 0, 0,
            case when cell_scope.as_of = span.opening_as_of then cell_scope.value_usd end,
            case when cell_scope.as_of = span.closing_as_of then cell_scope.value_usd end, null
        from cell_scope
        join span on cell_scope.as_of = span.opening_as_of or cell_scope.as_of = span.closing_as_of
        where cell_scope.is_counted
    ),
    summed as (
        select part.period, asked.asked_per,
            part_id(asked.asked_per, part.account_id, part.chain_id, part.layer, null, null, null) as id,
            case asked.asked_per when 'account' then any_value(mine.label) end as name,
            sum(part.opening_usd) as opening_usd, sum(part.flow_usd) as net_flow_usd, sum(part.accrual_usd) as accrual_usd,
            sum(part.price_effect_usd) as price_effect_usd, sum(part.scope_usd) as scope_usd,
            sum(part.revaluation_usd) as revaluation_usd, sum(part.closing_usd) as closing_usd,
            bool_and(part.is_classified) as is_classified
        from part
        join mine using (account_id)
        cross join asked
        where chain is null or part.chain_id = chain::varchar
        group by 1, 2, 3
    )
select
    span.period as period_as_of, asked.asked_per as per, coalesce(summed.id, 'all') as id,
    coalesce(summed.name, summed.id, 'all') as name, span.opening_as_of, span.closing_as_of, summed.opening_usd,
    summed.net_flow_usd, summed.accrual_usd, summed.price_effect_usd, summed.scope_usd, summed.revaluation_usd,
    summed.closing_usd, summed.price_effect_usd + summed.accrual_usd as profit_abs_usd, span.instants,
    span.complete_share,
    case when summed.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    case when span.closing_as_of is null then 'gap' end as reason
from span
cross join asked
left join summed on summed.period = span.period and span.closing_as_of is not null
order by span.period, abs(summed.closing_usd) desc nulls last, id
