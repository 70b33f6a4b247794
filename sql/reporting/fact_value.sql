-- view: One row an instant, account, chain and layer in scope: its value of record, or why there is none.
-- What has no value adds nothing to a sum: where any row of an instant has `is_complete` false, its sum is no total.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column is_in_total: Whether it belongs to the value; unclaimed rewards stand beside it.
-- column value_usd: Its value in US dollars, debts below zero, none where it is not known.
-- column is_complete: Whether its value is known in full.
-- column reason: Why its value is not known, one code, none where it is.
-- column last_known_usd: Its last value before this instant, US dollars, none where there is none.
-- column provider: The provider of record, none where nothing is of record.
-- column is_fallback: Whether that stands in for one that comes before it.
-- column holdings: How many assets the record holds.
-- column unpriced_count: How many of them have no known price.
-- column stale_count: How many have the last believed price instead of one of this instant.
-- column observed_at: When the answer of record arrived, UTC.
select cell.as_of, cell.account_id, cell.chain_id, cell.layer, cell.is_counted as is_in_total,
    case when cell.is_valued then cell.value_usd end as value_usd, cell.is_valued as is_complete,
    case when cell.is_recorded then cell.withheld else cell.reason end as reason, cell.last_known_usd,
    cell.provider, cell.is_fallback, cell.held_count as holdings, cell.unpriced_count, cell.stale_count, cell.observed_at
from main.cell_scope as cell
