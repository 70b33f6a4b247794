-- claim: A provider names an asset once in a cell and position.
select as_of, provider, account_id, chain_id, layer, position_id, asset_id, count(*) as copies
from balance
where as_of between $since and $until
group by all
having count(*) > 1
