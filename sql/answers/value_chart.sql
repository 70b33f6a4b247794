-- question: What was it worth at each instant, and what is missing where the total is not known?
-- A total is NULL as soon as one cell in scope has no record; what is known, and what is missing, stands beside it.
-- With a spacing, each bucket of UTC time shows its last complete instant, never an average; a bucket that has none
-- shows its last instant, incomplete as it is.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
-- parameter every: Spacing: hour, day, week, month, quarter or year; default every instant.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter timerange: 1day, 1week, 1month, 1year, 3years or all, counted back from the last instant; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column reason varchar: Why the value is NULL, one code: missed_tick or missing_cell.
-- column cells bigint: How many cells are in scope.
-- column missing_cells bigint: How many of them have no record.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column missing_last_known_usd decimal(38,6): What the missing cells were last worth, US dollars.
-- column missing_share double: That as a fraction of known plus last known value.
-- column carried_value_usd decimal(38,6): For display only: known and last known value, while no cell is missing for more than 3 instants or 72 hours.
-- column unpriced_count bigint: How many holdings have no known price.
-- column quarantined_count bigint: How many holdings have an unbelievable price.
-- column excluded_count bigint: How many holdings are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What they are worth where they have a price, US dollars.
-- column last_complete_as_of timestamp: The last instant up to here whose value is known, UTC.
create or replace macro value_chart(
    since := null, until := null, every := null, account := null, account_group := null, chain := null, timerange := null
) as table
with
    mine as (select * from accounts_meant(account, account_group)),
    asked as (
        select
            case when every is null or every::varchar in ('hour', 'day', 'week', 'month', 'quarter', 'year') then every::varchar
                else error('there is no chart every ' || every::varchar || '; there is every hour, day, week, month, quarter, year')
            end as spacing,
            case timerange::varchar
                when '1day' then interval 1 day when '1week' then interval 7 days when '1month' then interval 1 month
                when '1year' then interval 1 year when '3years' then interval 3 years when 'all' then interval 9999 years
                else case when timerange is null then interval 9999 years else error(
                    'there is no time range ' || timerange::varchar || '; there are 1day, 1week, 1month, 1year, 3years, all'
                ) end
            end as length
    ),
    finest as (
        select
            case
                when asked.spacing = 'hour' and min(gap.seconds) > 3600 or asked.spacing = 'day' and min(gap.seconds) > 86400
                    or asked.spacing = 'week' and min(gap.seconds) > 7 * 86400
                then error('every ' || asked.spacing || ' is finer than the snapshots, which lie '
                    || (min(gap.seconds) / 3600)::integer || ' hours apart; leave `every` out or make it longer')
                else asked.spacing
            end as spacing,
            max(gap.last_as_of) - asked.length as from_as_of
        from asked
        left join (
            select epoch(tick.as_of - lag(tick.as_of) over (order by tick.as_of)) as seconds,
                max(tick.as_of) over () as last_as_of
            from tick
        ) as gap on true
        group by asked.spacing, asked.length
    ),
    cells as (
        select cell_scope.*
        from cell_scope
        join mine using (account_id)
        where cell_scope.is_counted and (chain is null or cell_scope.chain_id = chain_meant(chain))
    ),
    totals as (
        select
            cells.as_of,
            case when bool_and(is_recorded) then sum(cells.value_usd) end as value_usd,
            sum(cells.value_usd) as known_value_usd,
            count(*) as cells,
            count(*) filter (not is_recorded) as missing_cells,
            coalesce(
                list(label || ' / ' || chain_id || ' / ' || layer || ': ' || reason order by label, chain_id, layer)
                    filter (not is_recorded),
                []
            ) as missing,
            bool_or(reason = 'missed_tick') as is_missed,
            sum(last_known_usd) filter (not is_recorded) as missing_last_known_usd,
            bool_and(is_recorded or coalesce(missing_instants <= 3 and cells.as_of - last_known_as_of <= interval 72 hours, false))
                as can_be_carried,
            sum(unpriced_count)::bigint as unpriced_count,
            sum(quarantined_count)::bigint as quarantined_count,
            sum(excluded_count)::bigint as excluded_count,
            sum(excluded_usd)::decimal(38, 6) as excluded_usd
        from cells
        group by cells.as_of
    ),
    whole as (
        select
            *,
            last_value(case when value_usd is not null then as_of end ignore nulls) over (order by as_of)
                as last_complete_as_of
        from totals
    )
select
    as_of, value_usd, known_value_usd,
    case when value_usd is not null then null when is_missed then 'missed_tick' else 'missing_cell' end as reason,
    cells, missing_cells, missing, missing_last_known_usd,
    (missing_last_known_usd / nullif(coalesce(known_value_usd, 0) + missing_last_known_usd, 0))::double as missing_share,
    case
        when value_usd is not null then value_usd
        when can_be_carried then (coalesce(known_value_usd, 0::decimal(38, 6)) + missing_last_known_usd)::decimal(38, 6)
    end as carried_value_usd,
    unpriced_count, quarantined_count, excluded_count, excluded_usd, last_complete_as_of
from whole
join finest on as_of >= finest.from_as_of
where as_of >= since_meant(since, until)
    and (until is null or as_of <= instant_meant(until))
qualify finest.spacing is null or row_number() over (
    partition by date_trunc(coalesce(finest.spacing, 'day'), as_of)
    order by value_usd is not null desc, as_of desc
) = 1
order by as_of
