-- view: One row a balance as it was stored, and as the settings' rules and the rule against spam have it.
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
-- column amount_raw: Exact amount in base units, decimal digits, none where only a float is given.
-- column decimals: How many decimals the base unit has.
-- column amount: Amount in whole units, approximate beyond 15 digits.
-- column stated_value_usd: The provider's value in US dollars, bit for bit.
-- column said_value_usd: What was booked without the rules, US dollars.
-- column said_status: How the price stands without the rules.
-- column is_said_counted: Whether the row counts without the rules.
-- column is_ruled: Whether a rule speaks of the asset.
-- column exclusion: Why the row does not count, one code, none where it does.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column price_origin: Who made the price: stated, implied, settings, or a provider's name.
-- column value_usd: Booked value in US dollars, none where the price is not known.
-- column price_status: Whether the price is priced, unknown, zero or quarantined.
select
    balance.as_of, balance.provider, balance.pull_key, balance.account_id, balance.chain_id, balance.layer,
    balance.position_id, balance.asset_id, balance.amount_raw, balance.decimals, balance.amount,
    balance.stated_value_usd, balance.value_usd as said_value_usd, balance.price_status as said_status,
    balance.is_counted as is_said_counted, ruled.asset_id is not null as is_ruled,
    case
        when ruled.exclusion is not null then ruled.exclusion
        when not balance.is_counted or receipt_leg.asset_id is not null then 'receipt'
    end as exclusion,
    coalesce(ruled.own_price_usd, balance.price_usd) as price_usd,
    case when ruled.own_price_usd is null then balance.price_origin else 'settings' end as price_origin,
    case
        when ruled.own_price_usd is null or balance.amount is null then balance.value_usd
        else try_cast(
            case when balance.layer = 'debt' then -balance.amount else balance.amount end * ruled.own_price_usd as decimal(18, 6)
        )
    end as value_usd,
    case
        when ruled.own_price_usd is null or balance.amount is null then balance.price_status
        when try_cast(balance.amount * ruled.own_price_usd as decimal(18, 6)) is null then 'quarantined'
        else 'priced'
    end as price_status
from balance
left join asset_ruling as ruled
    on ruled.asset_id = balance.asset_id and balance.as_of >= ruled.since and balance.as_of < ruled.until
left join receipt_leg
    on receipt_leg.asset_id = balance.asset_id and receipt_leg.as_of = balance.as_of
    and receipt_leg.account_id = balance.account_id and balance.layer = 'wallet'
