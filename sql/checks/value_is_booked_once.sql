-- claim: A booked value is the provider's own, or where it states none its amount at its price, to the sixth decimal.
-- It is negative for debts, and elsewhere only where the provider says so.
with
    valued as (
        select as_of, provider, account_id, asset_id, layer, stated_value_usd, value_usd,
            coalesce(stated_value_usd, amount * price_usd) as said_usd
        from balance
        where as_of between $since and $until and value_usd is not null
    )
select as_of, provider, account_id, asset_id, layer, stated_value_usd, value_usd
from valued
where said_usd is null
    or abs(abs(said_usd) - abs(value_usd::double)) > 0.000001 + abs(said_usd) * 1e-15
    or (layer = 'debt' and value_usd > 0)
    or (layer <> 'debt' and value_usd < 0 and said_usd >= 0)
