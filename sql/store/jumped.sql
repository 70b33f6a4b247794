-- claim: Prices that come in and lie beyond ten times, or below a tenth of, what the same provider gave before.
-- Compared is with the last accepted price of the three snapshots before. One that was refused at the snapshot before and is said
-- again, within twice, is the new level and accepted.
with
    before as (
        select listed.as_of
        from (select distinct snapshot.as_of from snapshot where snapshot.as_of < getvariable('guarded_at')) as listed
        order by listed.as_of desc
        limit 3
    ),
    known as (
        select balance.provider, balance.asset_id,
            arg_max(balance.price_usd, balance.as_of) filter (where balance.price_status = 'priced') as accepted_usd,
            arg_max(balance.price_usd, balance.as_of) as last_usd,
            arg_max(balance.price_status, balance.as_of) as last_status
        from balance
        where balance.as_of in (select before.as_of from before)
            and balance.price_origin in ('stated', 'implied') and balance.price_usd > 0
        group by balance.provider, balance.asset_id
    )
select distinct coming.provider, coming.asset_id
from coming
join known using (provider, asset_id)
where coming.price_status = 'priced' and coming.price_usd > 0
    and (coming.price_usd > 10 * known.accepted_usd or coming.price_usd < known.accepted_usd / 10)
    and not (known.last_status = 'quarantined' and coming.price_usd between known.last_usd / 2 and known.last_usd * 2);
