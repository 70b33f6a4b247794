-- claim: A booked value is the provider's own, to the sixth decimal, negative for debts alone.
select as_of, provider, account_id, asset_id, layer, stated_value_usd, value_usd
from balance
where as_of between $since and $until
    and value_usd is not null
    and (
        stated_value_usd is null
        or abs(abs(stated_value_usd) - abs(value_usd::double)) > 0.000001 + abs(stated_value_usd) * 1e-15
        or (layer = 'debt' and value_usd > 0)
        or (layer <> 'debt' and value_usd < 0 and stated_value_usd >= 0)
    )
