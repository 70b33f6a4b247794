-- view: One row a token whose value is absurd and that nobody else knows, with the instant from which on it does not count.
-- Looked at is what came into a wallet: a value above a million US dollars (ten million in the first record of the account) and above
-- ten times all else that the account holds by the same provider, now and at the snapshot before; and no holding of the token anywhere
-- was worth a tenth of it when it was priced before. A price that leaps is looked at once the next one confirms it. Nobody else knows a token that stands in no token list, not in the list of receipts, in no rule of
-- the settings, in no provider's own list of assets, and that no second provider prices. A native coin is known.
-- column asset_id: The asset as its CAIP-19 type.
-- column since: The first instant at which its value was absurd, UTC.
-- column value_usd: What it was said to be worth then, US dollars.
with
    large as (
        select balance.as_of, balance.provider, balance.account_id, balance.asset_id, sum(balance.value_usd) as value_usd
        from balance
        where balance.layer = 'wallet' and balance.value_usd > 1000000 and balance.is_counted
            and balance.asset_id not like '%/slip44:%'
            and balance.asset_id not in (select listed.asset_id from listed)
            and balance.asset_id not in (select listedreceipt.asset_id from listedreceipt)
            and balance.asset_id not in (select rule.asset_id from rule)
            and balance.asset_id not in (select asset.asset_id from asset where asset.group_id is not null)
        group by balance.as_of, balance.provider, balance.account_id, balance.asset_id
    ),
    priced as (
        select balance.as_of, balance.provider, balance.asset_id, max(balance.value_usd) as value_usd, max(balance.price_usd) as price_usd,
            lag(max(balance.value_usd)) over in_time as before_usd, lag(max(balance.price_usd)) over in_time as price_before_usd,
            lead(max(balance.price_usd)) over in_time as price_next_usd
        from balance
        where balance.asset_id in (select large.asset_id from large)
            and balance.value_usd is not null and balance.price_origin in ('stated', 'implied', 'residual')
        group by balance.as_of, balance.provider, balance.asset_id
        window in_time as (partition by balance.provider, balance.asset_id order by balance.as_of)
    ),
    alone as (
        select priced.asset_id from priced group by priced.asset_id having count(distinct priced.provider) = 1
    ),
    suspect as (
        select large.*, taken.previous_as_of
        from large
        join alone using (asset_id)
        join (
            select snapshot.as_of, lag(snapshot.as_of) over (order by snapshot.as_of) as previous_as_of from snapshot
        ) as taken on taken.as_of = large.as_of
    ),
    worth as (
        select cell.as_of, cell.provider, cell.account_id, sum(cell.value_usd) as value_usd
        from cell
        where cell.layer <> 'reward' and cell.value_usd is not null
            and (cell.provider, cell.account_id) in (select (suspect.provider, suspect.account_id) from suspect)
        group by cell.as_of, cell.provider, cell.account_id
    ),
    counted as (
        select suspect.as_of, suspect.provider, suspect.account_id, sum(suspect.value_usd) as value_usd
        from suspect
        group by suspect.as_of, suspect.provider, suspect.account_id
    ),
    absurd_entry as (
        select suspect.asset_id, suspect.as_of, suspect.value_usd
        from suspect
        join counted using (as_of, provider, account_id)
        join worth using (as_of, provider, account_id)
        left join worth as before
            on before.as_of = suspect.previous_as_of and before.provider = suspect.provider
            and before.account_id = suspect.account_id
        join priced using (as_of, provider, asset_id)
        where suspect.value_usd > 10 * (worth.value_usd - counted.value_usd)::decimal(38, 6)
            and (before.value_usd is not null or suspect.value_usd > 10000000)
            and (before.value_usd is null or suspect.value_usd > 10 * before.value_usd::decimal(38, 6))
            and (priced.before_usd is null or suspect.value_usd > 10 * priced.before_usd::decimal(38, 6))
            and (
                priced.price_before_usd is null or priced.price_usd <= 2 * priced.price_before_usd
                or priced.price_next_usd >= priced.price_usd / 2
            )
    )
select absurd_entry.asset_id, min(absurd_entry.as_of) as since, arg_min(absurd_entry.value_usd, absurd_entry.as_of) as value_usd
from absurd_entry
group by absurd_entry.asset_id
