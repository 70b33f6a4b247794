-- claim: Only a priced row has a value, and its price is finite and above zero; zero stands only where documented.
-- A stated value makes a row priced; the price that it implies is open for as long as nobody has told the decimals.
select as_of, provider, account_id, asset_id, price_usd, price_status, value_usd
from balance
where as_of between $since and $until
    and case price_status
        when 'priced' then value_usd is null
            or (price_usd is null and amount is not null)
            or (price_usd is not null and (not isfinite(price_usd) or price_usd <= 0))
        when 'zero' then value_usd is distinct from 0 or price_usd is distinct from 0
        when 'unknown' then value_usd is not null or price_usd is not null
        when 'quarantined' then value_usd is not null
        else true
    end
