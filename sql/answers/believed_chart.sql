-- question: What was it worth at each instant, as far as that was known at one instant?
-- The same as value_chart, from what providers had said by then; what is of today nevertheless stands at `believed`.
-- parameter known_at: When it is to be known, date or instant in UTC, a date is its first instant; default now.
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
-- column excluded_count bigint: How many holdings are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What they are worth where they have a price, US dollars.
-- column last_complete_as_of timestamp: The last instant up to here whose value is known, UTC.
create or replace macro believed_chart(
    known_at := null, since := null, until := null, every := null, account := null, account_group := null, chain := null,
    timerange := null
) as table
with
{beliefs}
select told.* exclude (estimated_value_usd, uncertainty_usd, suspect_usd)
from value_chart(
    since := since, until := until, every := every, account := account, account_group := account_group, chain := chain,
    timerange := timerange
) as told
order by told.as_of
