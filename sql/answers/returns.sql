-- question: What was gained on what was put in, how steadily, and what was the worst fall?
-- One row for what is asked for; docs/metrics.md has the definitions. Fractions, not percent; what is not available is NULL.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column since_effective timestamp: The first complete instant, UTC.
-- column until_effective timestamp: The last complete instant, UTC.
-- column days double: Days between the two.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars.
-- column inflow_usd decimal(38,6): What was moved in, netted within each step, US dollars.
-- column outflow_usd decimal(38,6): What was moved out, netted within each step, US dollars.
-- column net_flow_usd decimal(38,6): Inflow less outflow, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column ambiguous_usd decimal(38,6): How much of profit could as well be flow, or the other way round, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column roi double: Profit as a fraction of opening, inflow and what entered the scope, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 365 days.
-- column index_price double: Index of price returns at the end of the last segment.
-- column index_total double: Index of total returns at the end of the last segment.
-- column segments bigint: How many segments the index has.
-- column max_drawdown double: Deepest fall of the index of total returns, a fraction, 0 or less.
-- column drawdown_since timestamp: When it began, at the highest before it, UTC.
-- column drawdown_as_of timestamp: When it was deepest, UTC.
-- column drawdown_until timestamp: When the highest was reached again, UTC, none where it was not.
-- column volatility double: Standard deviation of daily log returns for a year of 365 days, from 20 of them on.
-- column daily_returns bigint: How many daily returns it is made from.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why something is NULL, one code, none where nothing is.
create or replace macro returns(since := null, until := null, account := null, account_group := null, chain := null) as table
with
    point as (
        select total.* from totals_meant(since, until, account, account_group, chain) as total
    ),
    ends as (
        select min(point.as_of) as since_effective, max(point.as_of) as until_effective,
            epoch(max(point.as_of) - min(point.as_of)) as seconds
        from point
        where point.is_complete
    ),
    summed as (
        select any_value(ends.since_effective) as since_effective, any_value(ends.until_effective) as until_effective,
            any_value(ends.seconds) / 86400 as days, count(*) filter (where point.is_instant) as instants,
            max(point.value_usd) filter (where point.as_of = ends.since_effective) as opening_usd,
            max(point.value_usd) filter (where point.as_of = ends.until_effective) as closing_usd,
            -- zero: where no step lies between the two instants nothing changed or moved
            coalesce(sum(point.price_effect_usd + point.income_usd + point.fee_usd) filter (where point.as_of > ends.since_effective), 0) as profit_abs_usd,
            coalesce(sum(point.ambiguous_usd) filter (where point.as_of > ends.since_effective), 0) as ambiguous_usd,
            coalesce(sum(point.scope_usd) filter (where point.as_of > ends.since_effective), 0) as scope_usd,
            coalesce(sum(point.entry_usd) filter (where point.as_of > ends.since_effective and point.entry_usd > 0), 0) as entered_usd,
            coalesce(sum(point.revaluation_usd) filter (where point.as_of > ends.since_effective), 0) as revaluation_usd,
            coalesce(sum(point.flow_usd) filter (where point.as_of > ends.since_effective and point.flow_usd > 0), 0) as inflow_usd,
            coalesce(-sum(point.flow_usd) filter (where point.as_of > ends.since_effective and point.flow_usd < 0), 0) as outflow_usd,
            list_sum(list((point.flow_usd + point.entry_usd)::double * epoch(ends.until_effective - point.as_of) / ends.seconds order by point.as_of)
                filter (where point.as_of > ends.since_effective and (point.flow_usd <> 0 or point.entry_usd <> 0))) as weighted_usd,
            bool_and(point.is_classified) filter (where point.as_of > ends.since_effective) as is_classified
        from ends
        left join point on ends.until_effective is null or point.as_of <= ends.until_effective
    ),
    followed as (
        select point.as_of, point.segment, point.index_total, point.is_over_gap and point.opening_as_of >= ends.since_effective as spans_gap,
            point.index_price / first_value(point.index_price) over so_far as own_price,
            point.index_total / first_value(point.index_total) over so_far as own_total,
            max(point.index_total) over so_far as highest
        from point
        cross join ends
        where point.is_complete
        window so_far as (partition by point.segment order by point.as_of)
    ),
    ended as (
        select arg_max(followed.own_price, followed.as_of) as index_price, arg_max(followed.own_total, followed.as_of) as index_total,
            max(followed.segment) - min(followed.segment) + 1 as segments,
            min(followed.index_total / followed.highest - 1) as max_drawdown,
            unnest(arg_min(
                struct_pack(deep_segment := followed.segment, deep_as_of := followed.as_of, deep_highest := followed.highest),
                (followed.index_total / followed.highest - 1, followed.as_of)
            ))
        from followed
    ),
    beside as (
        select max(followed.as_of) filter (where followed.as_of <= ended.deep_as_of and followed.index_total = ended.deep_highest) as peak_as_of,
            min(followed.as_of) filter (where followed.as_of > ended.deep_as_of and followed.index_total >= ended.deep_highest) as recovered_as_of
        from followed
        join ended on followed.segment = ended.deep_segment
    ),
    last_of_day as (
        select followed.as_of::date as day, arg_max(followed.segment, followed.as_of) as segment,
            arg_max(followed.index_total, followed.as_of) as index_total, bool_or(followed.spans_gap is true) as is_over_gap
        from followed
        group by followed.as_of::date
    ),
    daily as (
        select ln(last_of_day.index_total / lag(last_of_day.index_total) over in_time) as log_return
        from last_of_day
        window in_time as (order by last_of_day.day)
        qualify not last_of_day.is_over_gap and last_of_day.day - lag(last_of_day.day) over in_time = 1
            and last_of_day.segment = lag(last_of_day.segment) over in_time
            and last_of_day.index_total > 0 and lag(last_of_day.index_total) over in_time > 0
    ),
    spread as (
        select count(*) as daily_returns, stddev_samp(daily.log_return) * sqrt(365) as volatility from daily
    ),
    measured as (
        select summed.*, summed.opening_usd + summed.inflow_usd + summed.entered_usd as capital_usd,
            -- zero: where nothing moved, nothing is weighed
            summed.opening_usd::double + coalesce(summed.weighted_usd, 0.0::double) as average_usd,
            summed.opening_usd is not null as is_known
        from summed
    )
select
    measured.since_effective, measured.until_effective, measured.days, measured.opening_usd, measured.closing_usd,
    case when measured.is_known then measured.inflow_usd::decimal(38, 6) end as inflow_usd,
    case when measured.is_known then measured.outflow_usd::decimal(38, 6) end as outflow_usd,
    case when measured.is_known then (measured.inflow_usd - measured.outflow_usd)::decimal(38, 6) end as net_flow_usd,
    case when measured.is_known then measured.scope_usd::decimal(38, 6) end as scope_usd,
    case when measured.is_known then measured.revaluation_usd::decimal(38, 6) end as revaluation_usd,
    case when measured.is_known then measured.ambiguous_usd::decimal(38, 6) end as ambiguous_usd,
    case when measured.is_known then measured.profit_abs_usd::decimal(38, 6) end as profit_abs_usd,
    case when measured.capital_usd > 0 then (measured.profit_abs_usd / measured.capital_usd)::double end as roi,
    case when measured.average_usd > 0 and measured.days > 0
        then measured.profit_abs_usd::double / measured.average_usd end as modified_dietz_return,
    case when measured.average_usd > 0 and measured.days >= 1
        then measured.profit_abs_usd::double / measured.average_usd * 365 / measured.days end as weighted_apr,
    measured.days < 365 as is_short,
    ended.index_price, ended.index_total, ended.segments, ended.max_drawdown,
    case when ended.max_drawdown < 0 then beside.peak_as_of end as drawdown_since,
    case when ended.max_drawdown < 0 then ended.deep_as_of end as drawdown_as_of,
    case when ended.max_drawdown < 0 then beside.recovered_as_of end as drawdown_until,
    case when spread.daily_returns >= 20 then spread.volatility end as volatility, spread.daily_returns,
    case when measured.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    case
        when measured.instants = 0 then 'history_starts_later'
        when not measured.is_known then 'no_opening_value'
        when measured.average_usd <= 0 or measured.capital_usd <= 0 then 'no_capital'
        when measured.days < 1 or spread.daily_returns < 20 then 'too_short'
    end as reason
from measured
cross join ended
cross join beside
cross join spread
