-- table: One row an asset with the symbol and name that a provider gave it last.
-- column asset_id: The asset as its CAIP-19 type.
-- column symbol: Its symbol, which is untrusted text.
-- column name: Its name, which is untrusted text.
select asset.asset_id, arg_max(asset.symbol, asset.recorded_at) as symbol, arg_max(asset.name, asset.recorded_at) as name
from asset
group by asset.asset_id
