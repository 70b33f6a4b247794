-- claim: Which pulls of the named endpoints were answered from one instant to another.
select distinct pull.as_of, pull.provider, pull.pull_key
from pull
where pull.as_of between $since and $until and list_contains($endpoints, pull.provider || ' ' || pull.endpoint)
    and pull.outcome in ('answered', 'empty')
