-- claim: Prices that providers gave at an instant, of each asset a stated one before an implied one, by order of record.
select
    balance.asset_id,
    unnest(arg_min(
        struct_pack(price_usd := balance.price_usd, provider := balance.provider),
        (balance.price_origin = 'implied', cell.record_rank, balance.provider, balance.price_usd)
    ))
from balance
join cell using (as_of, provider, pull_key, account_id, chain_id, layer)
where balance.as_of = ? and balance.price_status = 'priced' and balance.price_origin in ('stated', 'implied')
group by balance.asset_id
