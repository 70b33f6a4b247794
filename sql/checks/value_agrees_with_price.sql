-- claim: No provider states a value that contradicts its own amount and price; such a row is quarantined and has no value.
select balance.as_of, balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.asset_id, balance.amount,
    balance.price_usd, balance.stated_value_usd
from balance
where balance.as_of between $since and $until and balance.price_status = 'quarantined'
    and contradicts(abs(balance.stated_value_usd), abs(balance.amount * balance.price_usd))
