-- question: How did the value develop without what was moved in and out, and how far is it below its highest?
-- One row a complete instant of what is asked for. A return is what price (and income less fees) made of the capital: the net value at the complete instant
-- before, with what was moved in since where that is more than a tenth of it. The index multiplies returns from 1 on. A new segment begins where the net
-- value was at most 5 percent of the gross one, where more than that was moved over a gap, and where everything was lost.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
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
-- column income_usd decimal(38,6): Accrual and claimed rewards, US dollars.
-- column fee_usd decimal(38,6): What was lost to fees and penalties, below zero, US dollars.
-- column return_price double: Price effect as a fraction of the capital, none where a segment begins.
-- column return_total double: Price effect, income and fees as a fraction of the capital, none where a segment begins; -1 where everything was lost.
-- column index_price double: Index of the price returns, 1 where the segment begins.
-- column index_total double: Index of the total returns, 1 where the segment begins.
-- column drawdown double: Index of total returns below its highest so far in the segment, a fraction, 0 or less.
create or replace macro index_chart(
    since := null, until := null, account := null, account_group := null, chain := null
) as table
with
    point as (
        select total.*, total.opening_as_of >= min(total.as_of) over () as is_step
        from totals_meant(since, until, account, account_group, chain) as total
        where total.is_complete
    )
select
    point.as_of, case when point.is_step then point.opening_as_of end as previous_as_of,
    point.segment - min(point.segment) over () + 1 as segment,
    case when point.is_step then point.is_over_gap end as spans_gap,
    case when point.is_step then point.opening_usd end as opening_usd,
    case when point.is_step then point.step_price_usd end as price_effect_usd,
    case when point.is_step then point.step_accrual_usd end as accrual_usd,
    case when point.is_step then point.step_income_usd end as income_usd,
    case when point.is_step then point.step_fee_usd end as fee_usd,
    case when point.is_step then point.return_price end as return_price,
    case when point.is_step then point.return_total end as return_total,
    point.index_price / first_value(point.index_price) over so_far as index_price,
    point.index_total / first_value(point.index_total) over so_far as index_total,
    point.index_total / max(point.index_total) over so_far - 1 as drawdown
from point
window so_far as (partition by point.segment order by point.as_of)
order by point.as_of
