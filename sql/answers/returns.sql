-- question: What was gained on what was put in, how steadily, and what was the worst fall?
-- One row for what is asked for; docs/metrics.md has the definitions. Fractions, not percent; what is not available is NULL.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
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
-- column profit_abs_usd decimal(38,6): Price and accrual, US dollars.
-- column roi double: Profit as a fraction of opening and inflow, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 180 days.
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
    whole as (
        select * from value_change(
            since := since, until := until, account := account, account_group := account_group, chain := chain
        )
    ),
    mine as (select * from accounts_meant(account, account_group)),
    flow as (
        select movement.as_of, sum(movement.flow_usd) as net_usd
        from movement
        join mine using (account_id)
        join whole on movement.as_of > whole.since_effective and movement.as_of <= whole.until_effective
        where chain is null or movement.chain_id = chain_meant(chain)
        group by movement.as_of
    ),
    flowed as (
        select
            coalesce(sum(flow.net_usd) filter (where flow.net_usd > 0), 0::decimal(38, 6)) as inflow_usd,
            coalesce(-sum(flow.net_usd) filter (where flow.net_usd < 0), 0::decimal(38, 6)) as outflow_usd,
            list_sum(list(flow.net_usd::double * epoch(whole.until_effective - flow.as_of)
                / epoch(whole.until_effective - whole.since_effective) order by flow.as_of)) as weighted_usd
        from flow
        cross join whole
    ),
    chart as (
        select * from index_chart(
            since := since, until := until, account := account, account_group := account_group, chain := chain
        )
    ),
    trough as (
        select chart.segment, chart.as_of, chart.drawdown from chart order by chart.drawdown, chart.as_of limit 1
    ),
    peak as (
        select max(chart.as_of) as as_of, arg_max(chart.index_total, chart.as_of) as index_total
        from chart
        join trough on chart.segment = trough.segment and chart.as_of <= trough.as_of
        where chart.drawdown = 0
    ),
    recovery as (
        select min(chart.as_of) as as_of
        from chart
        join trough on chart.segment = trough.segment and chart.as_of > trough.as_of
        join peak on chart.index_total >= peak.index_total
    ),
    last_of_day as (
        select chart.as_of::date as day, arg_max(chart.segment, chart.as_of) as segment,
            arg_max(chart.index_total, chart.as_of) as index_total,
            bool_or(chart.spans_gap is not distinct from true) as is_over_gap
        from chart
        group by chart.as_of::date
    ),
    daily as (
        select ln(last_of_day.index_total / lag(last_of_day.index_total) over (order by last_of_day.day)) as log_return
        from last_of_day
        qualify not last_of_day.is_over_gap
            and last_of_day.day - lag(last_of_day.day) over (order by last_of_day.day) = 1
            and last_of_day.segment = lag(last_of_day.segment) over (order by last_of_day.day)
            and last_of_day.index_total > 0
            and lag(last_of_day.index_total) over (order by last_of_day.day) > 0
    ),
    spread as (
        select count(*) as daily_returns,
            case when count(*) >= 20 then stddev_samp(daily.log_return) * sqrt(365) end as volatility
        from daily
    ),
    ended as (
        select arg_max(chart.index_price, chart.as_of) as index_price, arg_max(chart.index_total, chart.as_of) as index_total,
            max(chart.segment) as segments, count(*) as points
        from chart
    ),
    measured as (
        select whole.*, flowed.*,
            epoch(whole.until_effective - whole.since_effective) / 86400 as days,
            whole.opening_usd + flowed.inflow_usd as capital_usd,
            whole.opening_usd::double + coalesce(flowed.weighted_usd, 0.0::double) as average_usd
        from whole
        cross join flowed
    )
select
    measured.since_effective, measured.until_effective, measured.days, measured.opening_usd, measured.closing_usd,
    case when measured.reason is null then measured.inflow_usd end as inflow_usd,
    case when measured.reason is null then measured.outflow_usd end as outflow_usd,
    case when measured.reason is null then measured.inflow_usd - measured.outflow_usd end as net_flow_usd,
    measured.scope_usd, measured.revaluation_usd, measured.profit_abs_usd,
    case when measured.capital_usd > 0 then (measured.profit_abs_usd / measured.capital_usd)::double end as roi,
    case when measured.average_usd > 0 and measured.days > 0
        then measured.profit_abs_usd::double / measured.average_usd end as modified_dietz_return,
    case when measured.average_usd > 0 and measured.days >= 1
        then measured.profit_abs_usd::double / measured.average_usd * 365 / measured.days end as weighted_apr,
    measured.days < 180 as is_short,
    ended.index_price, ended.index_total, ended.segments, trough.drawdown as max_drawdown,
    case when trough.drawdown < 0 then peak.as_of end as drawdown_since,
    case when trough.drawdown < 0 then trough.as_of end as drawdown_as_of,
    case when trough.drawdown < 0 then recovery.as_of end as drawdown_until,
    spread.volatility, spread.daily_returns, measured.method,
    case
        when measured.reason is not null then measured.reason
        when measured.average_usd <= 0 or measured.capital_usd <= 0 then 'no_capital'
        when measured.days < 1 or spread.daily_returns < 20 then 'too_short'
    end as reason
from measured
cross join ended
cross join spread
left join trough on true
left join peak on true
left join recovery on true
