-- question: What was it worth at each instant, and what is missing where the total is not known?
-- A total is NULL as soon as one cell in scope has no record; what is known, and what is missing, stands beside it.
-- With a spacing, each bucket of UTC time shows its last complete instant, never an average; a bucket that has none
-- shows its last instant, incomplete as it is.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
-- parameter every: Spacing: hour, day, week, month; default every instant.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column reason varchar: Why the value is NULL, one code: missed_tick or missing_cell.
-- column cells bigint: How many cells are in scope.
-- column missing_cells bigint: How many of them have no record.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column missing_last_known_usd decimal(38,6): What the missing cells were last worth, US dollars.
-- column missing_share double: That as a fraction of known plus last known value.
-- column unpriced_count bigint: How many holdings have no known price.
-- column quarantined_count bigint: How many holdings have an unbelievable price.
-- column last_complete_as_of timestamp: The last instant up to here whose value is known, UTC.
create or replace macro value_chart(since := null, until := null, every := null, account := null, chain := null) as table
with
    cells as (
        from cell_scope
        where is_counted
            and (account is null or lower(account::varchar) in (lower(account_id), lower(label), lower(address)))
            and (chain is null or chain_id = chain::varchar)
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
            sum(unpriced_count)::bigint as unpriced_count,
            sum(quarantined_count)::bigint as quarantined_count
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
    unpriced_count, quarantined_count, last_complete_as_of
from whole
where (since is null or as_of >= since::timestamp)
    and (until is null or as_of <= until::timestamp)
qualify every is null or row_number() over (
    partition by date_trunc(coalesce(every::varchar, 'day'), as_of)
    order by value_usd is not null desc, as_of desc
) = 1
order by as_of
