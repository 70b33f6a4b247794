-- claim: No rate serves before it was published, and each is the quotient of the digits that were published.
select rate.as_of, rate.provider, rate.pull_key, rate.currency, rate.usd_per_unit, rate.published_at
from rate
where rate.as_of between $since and $until
    and (
        rate.published_at > rate.as_of
        or rate.usd_per_unit not between (1 - 1e-15) * rate.usd_per_base::double / rate.unit_per_base::double
            and (1 + 1e-15) * rate.usd_per_base::double / rate.unit_per_base::double
    )
