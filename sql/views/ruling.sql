-- view: One row a balance that a rule of the settings or the rule against spam changes: what it is then, and by how much its cell differs.
-- A token that is the receipt of an asset does not count while that asset lies in a position of the same account. A price
-- of the settings replaces the provider's for as long as it holds.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that was asked.
-- column pull_key: Which planned question of the provider the row belongs to.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column exclusion: Why the row does not count, one code, none where it does.
-- column price_usd: Price in US dollars a whole unit.
-- column price_status: Whether the price is priced, unknown, zero or quarantined.
-- column price_origin: Who made the price: stated, implied, settings, or a provider's name.
-- column value_usd: Booked value in US dollars.
-- column added_usd: By how much the cell's value is more than without the rules, US dollars.
-- column added_unpriced: By how many the cell's unpriced assets are more than without the rules.
-- column excluded_usd: What of the cell the rules leave out that a receipt does not explain, US dollars.
-- column added_quarantined: By how many the cell's quarantined assets are more than without the rules.
with
    ruled as (
        select balance.*, treated.treatment, priced.price_usd as own_price_usd,
            balance.layer = 'wallet' and exists (
                from rule as receipt
                join balance as leg on leg.asset_id = receipt.receipt_of
                where receipt.asset_id = balance.asset_id
                    and leg.layer = 'position'
                    and leg.as_of = balance.as_of
                    and leg.account_id = balance.account_id
            ) as is_receipt
        from balance
        left join rule as treated on treated.asset_id = balance.asset_id and treated.treatment is not null
        left join rule as priced
            on priced.asset_id = balance.asset_id and priced.price_usd is not null
            and balance.as_of >= coalesce(priced.since, timestamp '-infinity')
            and balance.as_of < coalesce(priced.until, timestamp 'infinity')
        where balance.asset_id in (select rule.asset_id from rule union all select spam.asset_id from spam)
    ),
    told as (
        select ruled.* exclude (price_usd, price_status, price_origin, value_usd),
            ruled.value_usd as said_usd, ruled.price_status as said_status,
            case
                when ruled.treatment = 'ignore' then 'ignored'
                when ruled.asset_id in (select spam.asset_id from spam) then 'spam'
                when not ruled.is_counted or ruled.is_receipt then 'receipt'
            end as exclusion,
            coalesce(ruled.own_price_usd, ruled.price_usd) as price_usd,
            case when ruled.own_price_usd is null then ruled.price_origin else 'settings' end as price_origin,
            case
                when ruled.own_price_usd is null or ruled.amount is null then ruled.value_usd
                when ruled.layer = 'debt' then -try_cast(ruled.amount * ruled.own_price_usd as decimal(18, 6))
                else try_cast(ruled.amount * ruled.own_price_usd as decimal(18, 6))
            end as value_usd
        from ruled
    ),
    judged as (
        select told.*,
            case
                when told.own_price_usd is null or told.amount is null then told.said_status
                when told.value_usd is null then 'quarantined'
                else 'priced'
            end as price_status
        from told
    )
select
    judged.as_of, judged.provider, judged.pull_key, judged.account_id, judged.chain_id, judged.layer,
    judged.position_id, judged.asset_id, judged.exclusion, judged.price_usd, judged.price_status, judged.price_origin,
    judged.value_usd,
    (case when judged.exclusion is null then coalesce(judged.value_usd, 0) else 0 end
        - case when judged.is_counted then coalesce(judged.said_usd, 0) else 0 end)::decimal(38, 6) as added_usd,
    (judged.exclusion is null and judged.price_status = 'unknown')::integer
        - (judged.said_status = 'unknown')::integer as added_unpriced,
    case when judged.exclusion in ('ignored', 'spam') then judged.value_usd end as excluded_usd,
    (judged.exclusion is null and judged.price_status = 'quarantined')::integer
        - (judged.said_status = 'quarantined')::integer as added_quarantined
from judged
