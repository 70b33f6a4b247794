-- view: One row an asset that counts or is unclaimed in a cell in scope, by the provider of record.
-- Where several pulls cover a cell an asset may have a row of each. A debt is below zero in quantity and value.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The provider of record of the cell.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column quantity: Amount in whole units, below zero for a debt, none while decimals are unknown.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column value_usd: Booked value in US dollars, none where the price is not known.
-- column withheld: Why its price withholds the value of what it is part of, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
select
    cell_status.as_of, cell_status.provider, cell_status.account_id, cell_status.chain_id, cell_status.layer,
    holding.position_id, holding.asset_id,
    case when cell_status.layer = 'debt' then -holding.amount else holding.amount end as quantity,
    holding.price_usd, holding.value_usd, holding.withheld
from cell_status
join holding using (as_of, provider, account_id, chain_id, layer)
where cell_status.is_in_scope and holding.is_counted
