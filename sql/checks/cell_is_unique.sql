-- claim: A pull has one row a cell and instant, and one of its own; pulls that cover a cell together have a row each.
select as_of, provider, pull_key || ' / ' || account_id || ' / ' || chain_id || ' / ' || layer as subject, count(*) as copies
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
