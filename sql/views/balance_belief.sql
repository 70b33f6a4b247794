-- view: One row an asset of a cell as it is or ever was believed to be held, with the time for which it was.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that was asked.
-- column pull_key: Which planned question of the provider the row belongs to.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column amount_raw: Exact amount in base units, decimal digits.
-- column decimals: How many decimals the base unit has.
-- column amount: Amount in whole units, none while decimals are unknown.
-- column price_usd: Price in US dollars a whole unit, bit for bit.
-- column price_status: Whether the price is priced, unknown, zero or quarantined.
-- column stated_value_usd: The provider's value in US dollars, bit for bit.
-- column value_usd: The value booked once, US dollars.
-- column price_origin: Who made it: stated, implied, residual, or a provider's name.
-- column is_counted: Whether the row counts; receipts of positions do not.
-- column recorded_at: From when on this was believed, UTC, inclusive.
-- column shares_raw: Shares of a vault or lending pool behind it, in their base unit, none where the provider does not say.
-- column rate_raw: What a share is worth, base units in the contract's own fixed point, none where the provider does not say.
-- column superseded_at: Until when it was believed, UTC, exclusive; infinity where it still is.
select balance.*, timestamp 'infinity' as superseded_at from balance
union all by name
from balance_superseded
