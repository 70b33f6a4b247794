-- claim: A provider has one row a cell and instant, and one a pull and instant.
select as_of, provider, account_id || ' / ' || chain_id || ' / ' || layer as subject, count(*) as copies
from cell
where as_of between $since and $until
group by all
having count(*) > 1
union all
select as_of, provider, pull_key as subject, count(*) as copies
from pull
where as_of between $since and $until
group by all
having count(*) > 1
