-- view: One row an instant, account, chain, layer, position and asset of record.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column is_in_total: Whether it belongs to the value; unclaimed rewards stand beside it.
-- column quantity: Amount in whole units, below zero for a debt, none while decimals are unknown.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column value_usd: Value in US dollars, none where the price is not known.
-- column provider: The provider whose answer is of record.
select held.as_of, held.account_id, held.chain_id, held.layer, held.position_id, held.asset_id, held.layer <> 'reward' as is_in_total,
    sum(held.quantity) as quantity, any_value(held.price_usd) as price_usd, sum(held.value_usd) as value_usd,
    any_value(held.provider) as provider
from main.record_holding as held
group by held.as_of, held.account_id, held.chain_id, held.layer, held.position_id, held.asset_id
