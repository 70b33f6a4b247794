-- claim: Each attempt was stored once; the remedy is `portfolio rebuild`.
select as_of, provider, attempt_id, count(*) as copies
from attempt
where as_of between $since and $until
group by all
having count(*) > 1
