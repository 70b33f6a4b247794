-- claim: A provider's asset counts once in a cell and position.
select as_of, provider, account_id, chain_id, layer, position_id, asset_id, count(*) as copies
from balance
where as_of between $since and $until and is_counted
group by all
having count(*) > 1
