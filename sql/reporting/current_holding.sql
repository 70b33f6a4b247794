-- view: One row a holding of the last instant, with names for people.
-- column as_of: The last instant that was taken, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The name of the account in the settings.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column symbol: Its symbol, untrusted text, none where nobody described it.
-- column asset_group: What it is across chains, none where it belongs to no group.
-- column is_in_total: Whether it belongs to the value; unclaimed rewards stand beside it.
-- column quantity: Amount in whole units, below zero for a debt, none while decimals are unknown.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column value_usd: Value in US dollars, none where the price is not known.
select held.as_of, held.account_id, named.label, held.chain_id, held.layer, held.position_id, held.asset_id, asset.symbol, asset.asset_group,
    held.is_in_total, held.quantity, held.price_usd, held.value_usd
from reporting.fact_holding as held
join main.extent on extent.last_as_of = held.as_of
left join main.account as named on named.account_id = held.account_id
left join reporting.dim_asset as asset on asset.asset_id = held.asset_id
