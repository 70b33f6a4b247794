-- view: One row an asset that a provider says an account holds at an instant, as the settings' rules have it.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that was asked.
-- column pull_key: Which planned question of the provider the row belongs to.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column amount_raw: Exact amount in base units, decimal digits, none where only a float is given.
-- column decimals: How many decimals the base unit has.
-- column shares_raw: Shares of a vault or lending pool behind it, in their base unit, none where the provider does not say.
-- column rate_raw: What a share is worth, base units in the contract's own fixed point, none where the provider does not say.
-- column amount: Amount in whole units, approximate beyond 15 digits.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column price_status: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column price_origin: Who made the price: stated, implied, residual, settings, carried from before, or a provider's name.
-- column value_usd: Booked value in US dollars, none where the price is not known.
-- column stated_value_usd: The provider's value in US dollars, bit for bit.
-- column is_counted: Whether the row counts in the value.
-- column exclusion: Why it does not, one code: receipt (its position counts), ignored, spam or absurd.
-- column stand_in_usd: What a row without a value would be worth at the last believed price, US dollars.
-- column withheld: Why its price withholds the value of what it is part of, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
select
    ruling.as_of, ruling.provider, ruling.pull_key, ruling.account_id, ruling.chain_id, ruling.layer,
    ruling.position_id, ruling.asset_id, ruling.amount_raw, ruling.decimals,
    ruling.shares_raw, ruling.rate_raw, ruling.amount,
    ruling.price_usd, ruling.price_status, ruling.price_origin, ruling.value_usd, ruling.stated_value_usd,
    ruling.exclusion is null as is_counted, ruling.exclusion, ruling.stand_in_usd,
    case when ruling.exclusion is null then ruling.withheld end as withheld
from ruling
