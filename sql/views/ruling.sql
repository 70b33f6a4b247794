-- view: One row a balance as it was stored, and as the settings' rules and the rule against spam have it.
-- A token that is the receipt of an asset does not count while that asset lies in a position of the same account. A price
-- of the settings replaces the provider's for as long as it holds. Where a price is gone, or leapt and is not confirmed, the last
-- believed one stands in for a while (price_ruling). The token of a debt is worth nothing to its holder, whatever its price.
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
-- column shares_raw: Shares of a vault or lending pool behind it, in their base unit, none where the provider does not say.
-- column rate_raw: What a share is worth, base units in the contract's own fixed point, none where the provider does not say.
-- column amount: Amount in whole units, approximate beyond 15 digits.
-- column stated_value_usd: The provider's value in US dollars, bit for bit.
-- column said_value_usd: What was booked without the rules, US dollars.
-- column said_status: How the price stands without the rules.
-- column is_said_counted: Whether the row counts without the rules.
-- column is_ruled: Whether a rule speaks of the asset.
-- column exclusion: Why the row does not count, one code, none where it does.
-- column price_usd: Price in US dollars a whole unit, none where it is not known.
-- column price_origin: Who made the price: stated, implied, residual, settings, carried from before, or a provider's name.
-- column value_usd: Booked value in US dollars, none where the price is not known.
-- column price_status: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column stand_in_usd: What a row without a value would be worth at the last believed price, US dollars.
-- column withheld: Why its price withholds the value of what it is part of, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
with
    matched as (
        select balance.*, ruled.asset_id as ruled_id, ruled.exclusion as ruled_exclusion, ruled.own_price_usd,
            coalesce(ruled.is_receipt, false) and balance.layer = 'wallet' as is_receipt_token,
            coalesce(ruled.is_owed, false) and balance.layer = 'wallet' as is_owed,
            stand_in.asset_id as stand_in_id, stand_in.is_leap, stand_in.is_material, stand_in.is_standing,
            coalesce(ruled.own_price_usd, case when stand_in.is_standing then stand_in.price_usd end) as other_price_usd,
            try_cast(
                case when balance.layer = 'debt' then -balance.amount else balance.amount end
                    * coalesce(ruled.own_price_usd, stand_in.price_usd) as decimal(18, 6)
            ) as other_value_usd,
            receipt_leg.asset_id is not null as is_receipt
        from balance
        left join asset_ruling as ruled
            on ruled.asset_id = balance.asset_id and balance.as_of >= ruled.since and balance.as_of < ruled.until
        left join receipt_leg
            on receipt_leg.asset_id = balance.asset_id and receipt_leg.as_of = balance.as_of
            and receipt_leg.account_id = balance.account_id and balance.layer = 'wallet'
        left join price_ruling as stand_in
            on stand_in.as_of = balance.as_of and stand_in.provider = balance.provider
            and stand_in.account_id = balance.account_id and stand_in.asset_id = balance.asset_id
            and ruled.own_price_usd is null and balance.amount <> 0
            and (stand_in.is_leap or balance.price_status in ('unknown', 'quarantined'))
    ),
    joined as (
        select matched.*,
            case
                when matched.is_owed then null
                when matched.other_price_usd is not null and matched.amount is not null then matched.other_value_usd
                when matched.stand_in_id is null then matched.value_usd
            end as ruled_value_usd
        from matched
    )
select
    joined.as_of, joined.provider, joined.pull_key, joined.account_id, joined.chain_id, joined.layer,
    joined.position_id, joined.asset_id, joined.amount_raw, joined.decimals,
    joined.shares_raw, joined.rate_raw, joined.amount,
    joined.stated_value_usd, joined.value_usd as said_value_usd, joined.price_status as said_status,
    joined.is_counted as is_said_counted, joined.ruled_id is not null or joined.stand_in_id is not null as is_ruled,
    case
        when joined.ruled_exclusion is not null then joined.ruled_exclusion
        when not joined.is_counted or joined.is_receipt then 'receipt'
    end as exclusion,
    coalesce(joined.other_price_usd, joined.price_usd) as price_usd,
    case
        when joined.own_price_usd is not null then 'settings'
        when joined.is_standing then 'carried'
        else joined.price_origin
    end as price_origin,
    joined.ruled_value_usd as value_usd,
    case
        when joined.is_leap and not joined.is_standing then 'unconfirmed'
        when joined.other_price_usd is null or joined.amount is null then joined.price_status
        when joined.other_value_usd is null then 'quarantined'
        when joined.is_standing then 'stale'
        else 'priced'
    end as price_status,
    case when not joined.is_standing then joined.other_value_usd end as stand_in_usd,
    case
        when joined.is_receipt_token and joined.is_counted and not joined.is_receipt and joined.ruled_exclusion is null
            and joined.ruled_value_usd is null then 'receipt_uncovered'
        when joined.is_material and not joined.is_standing then case when joined.is_leap then 'price_unconfirmed' else 'unpriced' end
    end as withheld
from joined
