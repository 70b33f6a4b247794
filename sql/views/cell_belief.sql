-- view: One row a cell of a pull as it is or ever was believed, with the time for which it was.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that was asked.
-- column pull_key: Which planned question of the provider the row belongs to.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column outcome: How it ended: answered, empty, failed or not_available.
-- column reason: Why it failed or was not available, one code.
-- column record_rank: The provider's place in the order of record then.
-- column value_usd: Sum of the cell's counted booked values, US dollars.
-- column stated_value_usd: The provider's own total of the cell, US dollars.
-- column row_count: How many assets the answer held.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column doubt: Why the answer was not believed yet, none where it was.
-- column observed_at: When the provider's answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
-- column recorded_at: From when on this was believed, UTC, inclusive.
-- column superseded_at: Until when it was believed, UTC, exclusive; infinity where it still is.
select cell.*, timestamp 'infinity' as superseded_at from cell
union all by name
from cell_superseded
