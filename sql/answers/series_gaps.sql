-- question: In which day, week or month did a provider not state a series, and why?
-- One row a provider, series and period between the first at which it was asked and the last of the history; what lacks nothing is left out.
-- parameter every: day, week or month, as series_every in the settings; default week.
-- parameter provider: Only this provider; default all.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- column period_as_of timestamp: The first instant of the day, week or month, UTC.
-- column provider varchar: The outside API family that was asked.
-- column series varchar: The endpoint, as named in docs/sources.
-- column pulls bigint: How many of its pulls were not answered in that time.
-- column planned bigint: How many pulls of it the history knows by then.
-- column reason varchar: Why not, one code: that of the last try, missed_tick where no tick was taken, not_asked where nobody asked.
-- column is_open boolean: Whether the last tick of the history lies in it, so that the next one may still bring it.
create or replace macro series_gaps(every := 'week', provider := null, since := null, until := null) as table
with
    made as (
        select pull.as_of, pull.provider, pull.endpoint, pull.pull_key, pull.outcome, pull.reason,
            date_trunc(every::varchar, pull.as_of) as period
        from pull
        anti join cell on cell.as_of = pull.as_of and cell.provider = pull.provider and cell.pull_key = pull.pull_key
        where provider is null or pull.provider = provider::varchar
    ),
    asked as (
        select made.provider, made.endpoint, made.pull_key, min(made.period) as first_period
        from made
        group by made.provider, made.endpoint, made.pull_key
    ),
    period as (
        select date_trunc(every::varchar, tick.as_of) as period, max(tick.as_of) as last_as_of,
            count(snapshot.as_of) as taken, max(max(tick.as_of)) over () as last_of_all
        from tick
        left join snapshot on snapshot.as_of = tick.as_of
        where tick.as_of between since_meant(since) and until_meant(until)
        group by all
    ),
    tried as (
        select made.provider, made.endpoint, made.pull_key, made.period,
            bool_or(made.outcome in ('answered', 'empty')) as is_answered, arg_max(made.reason, made.as_of) as reason
        from made
        group by made.provider, made.endpoint, made.pull_key, made.period
    ),
    expected as (
        select period.period, asked.provider, asked.endpoint, asked.pull_key, coalesce(tried.is_answered, false) as is_answered,
            case when period.taken = 0 then 'missed_tick' else coalesce(tried.reason, 'not_asked') end as reason,
            period.last_as_of = period.last_of_all as is_open
        from asked
        join period on period.period >= asked.first_period
        left join tried
            on tried.period = period.period and tried.provider = asked.provider
            and tried.endpoint = asked.endpoint and tried.pull_key = asked.pull_key
    )
select
    expected.period as period_as_of, expected.provider, expected.endpoint as series,
    count(*) filter (where not expected.is_answered) as pulls, count(*) as planned,
    any_value(expected.reason) filter (where not expected.is_answered) as reason, bool_or(expected.is_open) as is_open
from expected
group by expected.period, expected.provider, expected.endpoint
having count(*) filter (where not expected.is_answered) > 0
order by expected.period, expected.provider, expected.endpoint
