-- claim: Tokens that some provider was answered to be held, with their decimals by the last description, if there is one.
select held.asset_id, described.decimals
from (select distinct asset_id from balance where contains(asset_id, '/erc20:')) as held
left join (
    select asset_id, arg_max(decimals, recorded_at) as decimals from asset group by asset_id
) as described using (asset_id)
order by held.asset_id
