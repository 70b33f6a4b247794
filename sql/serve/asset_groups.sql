-- lookup: Which assets belong to which group, what are they called, and how many decimals have they, as said last?
-- column group_id: The group of assets.
-- column asset_id: The asset as its CAIP-19 type.
-- column symbol: Its symbol, which is untrusted text.
-- column name: Its name, which is untrusted text.
-- column decimals: How many decimals its base unit has.
select asset_group.group_id, asset.asset_id, arg_max(asset.symbol, asset.recorded_at) as symbol,
    arg_max(asset.name, asset.recorded_at) as name, arg_max(asset.decimals, asset.recorded_at) as decimals
from asset
join asset_group on asset_group.asset_id = asset.asset_id
group by asset_group.group_id, asset.asset_id
order by asset_group.group_id, asset.asset_id
