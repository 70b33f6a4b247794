-- question: How did the value develop without what was moved in and out, and how far is it below its highest?
-- One row a complete instant of what is asked for. A return is what price (and accrual) made of the net value at the complete instant before; the
-- index multiplies them from 1 on. Where the net value was at most 5 percent of the gross one, a new segment begins.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column previous_as_of timestamp: The complete instant before it, UTC.
-- column segment bigint: Number of the stretch over which the index runs, from 1.
-- column spans_gap boolean: Whether instants that are not complete lie between the two.
-- column opening_usd decimal(38,6): Net booked value at the instant before, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column accrual_usd decimal(38,6): What holdings earned or owed by themselves, US dollars.
-- column return_price double: Price effect as a fraction of the opening value.
-- column return_total double: Price effect and accrual as a fraction of the opening value.
-- column index_price double: Index of the price returns, 1 where the segment begins.
-- column index_total double: Index of the total returns, 1 where the segment begins.
-- column drawdown double: Index of total returns below its highest so far in the segment, a fraction, 0 or less.
create or replace macro index_chart(
    since := null, until := null, account := null, account_group := null, chain := null
) as table
with
    mine as (select * from accounts_meant(account, account_group)),
    cells as (
        select cell_scope.as_of, bool_and(cell_scope.is_recorded) as is_complete, sum(cell_scope.value_usd) as value_usd,
            sum(cell_scope.value_usd) filter (where cell_scope.value_usd > 0) as gross_usd,
            row_number() over (order by cell_scope.as_of) as number
        from cells_between(since, until, account, account_group, chain) as cell_scope
        group by cell_scope.as_of
    ),
    complete as (
        select cells.as_of, lag(cells.as_of) over in_time as previous_as_of,
            lag(cells.value_usd) over in_time as opening_usd, lag(cells.gross_usd) over in_time as gross_usd,
            cells.number - lag(cells.number) over in_time > 1 as spans_gap
        from cells
        where cells.is_complete
        window in_time as (order by cells.as_of)
    ),
    part as (
        select complete.as_of, sum(movement.price_effect_usd) as price_effect_usd, sum(movement.accrual_usd) as accrual_usd
        from movement
        asof join complete on movement.as_of <= complete.as_of
        join mine on mine.account_id = movement.account_id
        where (chain is null or movement.chain_id = chain_meant(chain))
            and movement.as_of > (select min(complete.as_of) from complete)
        group by complete.as_of
    ),
    made as (
        select complete.*,
            case when complete.previous_as_of is not null then coalesce(part.price_effect_usd, 0::decimal(38, 6)) end
                as price_effect_usd,
            case when complete.previous_as_of is not null then coalesce(part.accrual_usd, 0::decimal(38, 6)) end
                as accrual_usd,
            complete.opening_usd > 0.05::decimal(3, 2) * complete.gross_usd as has_capital
        from complete
        left join part using (as_of)
    ),
    returned as (
        select made.*,
            1 + count(*) filter (where made.previous_as_of is not null and made.has_capital is not true)
                over (order by made.as_of) as segment,
            case when made.has_capital then (made.price_effect_usd / made.opening_usd)::double end as return_price,
            case when made.has_capital
                then ((made.price_effect_usd + made.accrual_usd) / made.opening_usd)::double end as return_total
        from made
    ),
    indexed as (
        select returned.*,
            product(case when returned.return_price is null then 1 else 1 + returned.return_price end) over so_far as index_price,
            product(case when returned.return_total is null then 1 else 1 + returned.return_total end) over so_far as index_total
        from returned
        window so_far as (partition by returned.segment order by returned.as_of)
    )
select
    indexed.as_of, indexed.previous_as_of, indexed.segment::bigint as segment, indexed.spans_gap, indexed.opening_usd,
    indexed.price_effect_usd, indexed.accrual_usd, indexed.return_price, indexed.return_total, indexed.index_price,
    indexed.index_total,
    indexed.index_total / max(indexed.index_total) over (partition by indexed.segment order by indexed.as_of) - 1 as drawdown
from indexed
order by indexed.as_of
