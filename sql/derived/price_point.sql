-- table: One row an asset, instant, provider and source of its price: the price that the provider's rows have, and how many have none.
-- Made anew only for instants that were stored since (derive.py), because it reads every balance.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family whose rows have the price.
-- column asset_id: The asset as its CAIP-19 type.
-- column source: Who made the price: the provider itself, or the one that lent it.
-- column price_usd: The price in US dollars a whole unit, 0 where it is stated so, none where no row has one. Of several, the middle one.
-- column lacking_count: How many rows have an amount and no price that can be used.
-- column recorded_at: When the instant was stored last, UTC.
select balance.as_of, balance.provider, balance.asset_id,
    case when coalesce(balance.price_origin, 'stated') in ('stated', 'implied', 'residual') then balance.provider else balance.price_origin end as source,
    quantile_disc(balance.price_usd, 0.5) filter (where balance.price_status in ('priced', 'zero')) as price_usd,
    count(*) filter (where balance.price_status in ('unknown', 'quarantined') and balance.amount <> 0) as lacking_count,
    any_value(snapshot.recorded_at) as recorded_at
from balance
join snapshot on snapshot.as_of = balance.as_of
group by balance.as_of, balance.provider, balance.asset_id, source
