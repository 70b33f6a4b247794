-- table: One row an asset in an account without a believed price that had one before: the price that stands in, and whether it matters.
-- What matters is more than 100 US dollars and one percent of
-- the account, as this provider has it.
-- That rows lack a price is a bool_or: a sum above 0 is taken for never true by DuckDB 2.0 where no price leapt (statistics of sums).
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family whose rows lack a believed price.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column asset_id: The asset as its CAIP-19 type.
-- column is_leap: Whether a price is stated, but leapt and is not confirmed.
-- column price_usd: The last believed price, US dollars a whole unit.
-- column price_as_of: The instant of that price, UTC.
-- column is_material: Whether the holding is worth so much at that price that a value without it would mislead.
-- column is_standing: Whether the price stands in: it is not too old and, after a leap, the holding does not matter.
with
    used as (
        select point.as_of, point.provider, point.asset_id,
            max(case when leap.as_of is null then point.price_usd end) as believed_usd,
            bool_or(leap.as_of is not null) as is_leap, bool_or(point.lacking_count > 0) as is_lacking
        from price_point as point
        left join price_leap as leap
            on leap.as_of = point.as_of and leap.provider = point.source and leap.asset_id = point.asset_id
            and point.price_usd is not null and leap.confirmed_by is null
        group by point.as_of, point.provider, point.asset_id
    ),
    carried as (
        select used.*,
            last_value(used.believed_usd ignore nulls) over until_before as last_usd,
            last_value(case when used.believed_usd is not null then used.as_of end ignore nulls) over until_before as last_as_of
        from used
        window until_before as (
            partition by used.provider, used.asset_id order by used.as_of rows between unbounded preceding and 1 preceding
        )
    ),
    lacking as (
        select carried.as_of, carried.provider, carried.asset_id, carried.is_leap,
            coalesce(carried.believed_usd, carried.last_usd) as price_usd,
            case when carried.believed_usd is null then carried.last_as_of else carried.as_of end as price_as_of
        from carried
        where (carried.is_leap or carried.is_lacking) and coalesce(carried.believed_usd, carried.last_usd) is not null
    ),
    held as (
        select balance.as_of, balance.provider, balance.account_id, balance.asset_id,
            any_value(lacking.is_leap) as is_leap, any_value(lacking.price_usd) as price_usd, any_value(lacking.price_as_of) as price_as_of,
            list_sum(list(abs(balance.amount) * lacking.price_usd order by balance.chain_id, balance.layer, balance.position_id)) as size_usd,
            sum(abs(balance.value_usd)) as said_usd
        from lacking
        join balance on balance.as_of = lacking.as_of and balance.provider = lacking.provider and balance.asset_id = lacking.asset_id
        where balance.is_counted and balance.amount <> 0 and (balance.price_status in ('unknown', 'quarantined') or lacking.is_leap)
        group by balance.as_of, balance.provider, balance.account_id, balance.asset_id
    ),
    account_size as (
        select cell.as_of, cell.provider, cell.account_id, sum(abs(cell.value_usd)) as cells_usd
        from cell
        semi join held on held.as_of = cell.as_of and held.provider = cell.provider and held.account_id = cell.account_id
        where cell.layer <> 'reward'
        group by cell.as_of, cell.provider, cell.account_id
    ),
    lacking_size as (
        select held.as_of, held.provider, held.account_id, sum(held.said_usd) as said_usd,
            list_sum(list(held.size_usd order by held.asset_id)) as size_usd
        from held
        group by held.as_of, held.provider, held.account_id
    )
select held.as_of, held.provider, held.account_id, held.asset_id, held.is_leap, held.price_usd, held.price_as_of,
    held.size_usd > greatest(
        -- zero: a size that bounds what is material is not below nothing
        100, 0.01 * list_sum([greatest(0, list_sum([account_size.cells_usd, -lacking_size.said_usd]))::double, lacking_size.size_usd])
    ) as is_material,
    held.as_of - held.price_as_of <= to_hours(pricing.carry_hours) and not (held.is_leap and is_material) as is_standing
from held
join lacking_size using (as_of, provider, account_id)
left join account_size using (as_of, provider, account_id)
cross join pricing
