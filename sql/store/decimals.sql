-- claim: Decimals of every asset that a provider described, by the last description.
select asset.asset_id, arg_max(asset.decimals, asset.recorded_at) as decimals
from asset
group by asset.asset_id
