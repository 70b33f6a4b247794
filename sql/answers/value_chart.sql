-- question: What was it worth at each instant, and what is missing where the total is not known?
-- A total is NULL as soon as one cell in scope has no record; what is known, and what is missing, stands beside it.
-- With a spacing, each bucket of UTC time shows its last complete instant, never an average; a bucket that has none
-- shows its last instant, incomplete as it is.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter every: Spacing: hour, day, week, month, quarter or year; default every instant.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter timerange: 1day, 1week, 1month, 1year, 3years or all, counted back from the last instant; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record or a price that matters is not believed.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column estimated_value_usd decimal(38,6): Where the value is NULL, what it would be if the missing cells still held what they last held, at most 72 hours ago, and last believed prices still held, US dollars.
-- column uncertainty_usd decimal(38,6): How far that may be off in either direction, US dollars: nobody knows what the missing cells hold.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered, unpriced or nothing_priced.
-- column cells bigint: How many cells are in scope.
-- column missing_cells bigint: How many of them have no record.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column withheld_cells varchar[]: Each recorded cell whose value is not known because of a price, as account / chain / layer: reason.
-- column left_out varchar[]: Each missing cell that the settings accept, which is no part of the value, as account / chain / layer: reason.
-- column missing_last_known_usd decimal(38,6): What the missing cells were last worth, US dollars.
-- column missing_share double: That as a fraction of known plus last known value.
-- column carried_value_usd decimal(38,6): For display only: known and last known value, while no cell is missing for more than 3 instants or 72 hours.
-- column unpriced_count bigint: How many holdings have no known price.
-- column quarantined_count bigint: How many holdings have an unbelievable price.
-- column stale_count bigint: How many holdings have the last believed price instead of one of this instant.
-- column stale_priced_usd decimal(38,6): What they are worth at it, debts as positive, US dollars.
-- column suspect_usd decimal(38,6): What left the last record without an explanation and is booked as gone, US dollars, none where nothing did.
-- column excluded_count bigint: How many holdings are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What they are worth where they have a price, US dollars.
-- column last_complete_as_of timestamp: The last instant up to here whose value is known, UTC.
create or replace macro value_chart(
    since := null, until := null, every := null, account := null, account_group := null, chain := null, timerange := null
) as table
select
    point.as_of, point.value_usd, point.known_value_usd, point.estimated_value_usd, point.uncertainty_usd, point.reason,
    point.cells, point.missing_cells, point.missing, point.withheld_cells, point.left_out,
    point.missing_last_known_usd, point.missing_share, point.carried_value_usd,
    point.unpriced_count::bigint as unpriced_count, point.quarantined_count::bigint as quarantined_count,
    point.stale_count::bigint as stale_count, point.stale_priced_usd, point.suspect_usd,
    point.excluded_count::bigint as excluded_count, point.excluded_usd, point.last_complete_as_of
from points_meant(since, until, every, account, account_group, chain, timerange) as point
order by point.as_of
