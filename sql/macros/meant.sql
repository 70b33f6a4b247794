-- macro: What a question means by its parameters, as one row that the history is joined to; what nobody has is an error with its remedy.
-- One row instead of a lookup each: planning a lookup costs more than reading a year of totals.
-- parameter since: Date or instant; NULL for the first of the history. One behind `until` is an error.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter every: hour, day, week, month, quarter or year; NULL for every instant. One that is finer than the snapshots is an error.
-- parameter account: Label, address or account id; NULL for all. An error names the nearest labels; one outside of the group is none.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all. One that no snapshot ever planned is an error that names those that there are.
-- parameter timerange: 1day, 1week, 1month, 1year, 3years or all, counted back from the last instant; NULL for all.
-- column scope_id: The set of accounts, as in `scope`.
-- column chain_id: The chain, none for all.
-- column since_at: The first instant that is asked for, -infinity where none is named.
-- column until_at: The last instant that is asked for, infinity where none is named.
-- column range_at: The first instant of the time range, -infinity where none is named.
-- column spacing: The spacing, none for every instant.
create or replace macro meant(since, until, every, account, account_group, chain, timerange) as table
select
    coalesce(
        extent.scope_by_name[concat_ws(' in ', lower(coalesce(account::varchar, '')), account_group)],
        case
            when len(extent.labels) = 0 then ''
            when extent.scope_by_name[lower(account::varchar)] is null and account is not null
            then error(concat('no account is called ', left(account::varchar, 60), '; near it: ',
                array_to_string(list_transform(
                    list_aggregate(list_transform(
                        extent.labels,
                        lambda label: {'near': jaro_winkler_similarity(lower(label), lower(account::varchar)), 'label': label}
                    ), 'max', 3),
                    lambda one: one.label
                ), ', ')))
            when not list_contains(extent.account_groups, account_group::varchar)
            then error(concat('no account belongs to a group ', left(account_group::varchar, 60), '; there are: ',
                coalesce(nullif(array_to_string(extent.account_groups, ', '), ''), 'none')))
            else ''
        end
    ) as scope_id,
    case
        when chain is null or len(extent.chains) = 0 or list_contains(extent.chains, chain::varchar) then chain::varchar
        else error('no snapshot has a chain ' || left(chain::varchar, 60) || '; there are: ' || array_to_string(extent.chains, ', '))
    end as chain_id,
    since_meant(since, until) as since_at,
    coalesce(instant_meant(until), timestamp 'infinity') as until_at,
    coalesce(
        extent.last_as_of - case
            when timerange::varchar = '1day' then interval 1 day
            when timerange::varchar = '1week' then interval 7 days
            when timerange::varchar = '1month' then interval 1 month
            when timerange::varchar = '1year' then interval 1 year
            when timerange::varchar = '3years' then interval 3 years
            when timerange is not null and timerange::varchar <> 'all'
            then error('there is no time range ' || timerange::varchar || '; there are 1day, 1week, 1month, 1year, 3years, all')
        end,
        timestamp '-infinity'
    ) as range_at,
    case
        when every is null then null
        when every::varchar not in ('hour', 'day', 'week', 'month', 'quarter', 'year')
        then error('there is no chart every ' || every::varchar || '; there is every hour, day, week, month, quarter, year')
        when every::varchar = 'hour' and extent.finest_seconds > 3600 or every::varchar = 'day' and extent.finest_seconds > 86400
            or every::varchar = 'week' and extent.finest_seconds > 7 * 86400
        then error('every ' || every::varchar || ' is finer than the snapshots, which lie '
            || (extent.finest_seconds / 3600)::integer || ' hours apart; leave `every` out or make it longer')
        else every::varchar
    end as spacing
from extent
