-- macro: The instants that a chart shows, as rows of `total`: every one, or of each bucket of UTC time its last complete one.
-- A bucket that has no complete instant shows its last, incomplete as it is; never an average.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date, with its whole day, or instant, inclusive; NULL for the last of the history.
-- parameter every: hour, day, week, month, quarter or year; NULL for every instant. One that is finer than the snapshots is an error.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- parameter timerange: 1day, 1week, 1month, 1year, 3years or all, counted back from the last instant; NULL for all.
-- column as_of: The instant, UTC; the other columns are those of total.
create or replace macro points_meant(since, until, every, account, account_group, chain, timerange) as table
select total.*
from (
    select meant.*,
        coalesce(
            meant.last_as_of - case
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
            when every::varchar = 'hour' and meant.finest_seconds > 3600 or every::varchar = 'day' and meant.finest_seconds > 86400
                or every::varchar = 'week' and meant.finest_seconds > 7 * 86400
            then error('every ' || every::varchar || ' is finer than the snapshots, which lie '
                || (meant.finest_seconds / 3600)::integer || ' hours apart; leave `every` out or make it longer')
            else every::varchar
        end as spacing
    from meant(account, account_group) as meant
) as asked
join total on total.scope_id = asked.scope_id and total.chain_id = coalesce(chain::varchar, 'all')
    and total.as_of between since_meant(since) and until_meant(until) and total.as_of >= asked.range_at
where total.is_instant
qualify asked.spacing is null or row_number() over (
    partition by date_trunc(coalesce(asked.spacing, 'day'), total.as_of)
    order by total.is_complete desc, total.as_of desc
) = 1
