-- view: One row an asset that any account ever held.
-- column asset_id: The asset as its CAIP-19 type; what facts name it by.
-- column chain_id: The chain that it lies on as its CAIP-2 id.
-- column symbol: Its symbol as described last, untrusted text, none where nobody described it.
-- column name: Its name as described last, untrusted text, none where nobody described it.
-- column decimals: How many decimals its base unit has, none where nobody said so.
-- column asset_group: What it is across chains, such as ob:eth, none where it belongs to no group.
-- column is_native: Whether it is a chain's own coin.
select known.asset_id, split_part(known.asset_id, '/', 1) as chain_id, described.symbol, described.name, described.decimals,
    grouped.group_id as asset_group, contains(known.asset_id, '/slip44:') as is_native
from (select distinct price_point.asset_id from main.price_point) as known
left join main.described on described.asset_id = known.asset_id
left join main.asset_group as grouped on grouped.asset_id = known.asset_id
