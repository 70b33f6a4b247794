-- table: One row an asset with the symbol, name and decimals that a provider gave it last.
-- column asset_id: The asset as its CAIP-19 type.
-- column symbol: Its symbol, which is untrusted text.
-- column name: Its name, which is untrusted text.
-- column decimals: How many decimals its base unit has, as said last.
select asset.asset_id, arg_max(asset.symbol, asset.recorded_at) as symbol, arg_max(asset.name, asset.recorded_at) as name,
    arg_max(asset.decimals, asset.recorded_at) as decimals
from asset
group by asset.asset_id
