-- table: One row a price that leapt from the one that the same source stated before, and what confirms it.
-- A leap is more than a factor of 2, of 1.1 for a listed stablecoin. It is confirmed by the source's next stated price, at the next
-- snapshot or within the hours of `pricing`, if that is within the same factor or lies further in the same direction; or by another
-- source whose price of the instant differs by at most a tenth. So a verdict hangs on neighbours alone, whatever came first.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The source: the outside API family that stated it.
-- column asset_id: The asset as its CAIP-19 type.
-- column price_usd: The price that leapt, US dollars a whole unit.
-- column before_usd: The stated price before, US dollars a whole unit.
-- column confirmed_by: other where another source says the same, next where the source's next price confirms it, none where nothing does.
-- column next_as_of: The instant of that next price, UTC, none where there is none.
with
    following as (
        select snapshot.as_of, lead(snapshot.as_of) over (order by snapshot.as_of) as next_snapshot from snapshot
    ),
    stated as (
        select point.as_of, point.provider, point.asset_id, point.price_usd,
            case when point.asset_id in (select unnest(pricing.stablecoins) from pricing) then 1.1 else 2 end::double as factor,
            last_value(case when point.price_usd > 0 then point.price_usd end ignore nulls) over (
                partition by point.provider, point.asset_id order by point.as_of rows between unbounded preceding and 1 preceding
            ) as before_usd,
            lag(point.price_usd) over in_time as previous_usd,
            lead(point.price_usd) over in_time as next_usd,
            lead(point.as_of) over in_time as next_as_of
        from price_point as point
        where point.source = point.provider and point.price_usd is not null
        window in_time as (partition by point.provider, point.asset_id order by point.as_of)
    ),
    leap as (
        select stated.*, stated.price_usd > stated.before_usd as is_up
        from stated
        where (stated.price_usd > stated.factor * stated.before_usd or stated.price_usd * stated.factor < stated.before_usd)
            and (stated.price_usd > 0 or stated.previous_usd > 0)
    )
select leap.as_of, leap.provider, leap.asset_id, leap.price_usd, leap.before_usd,
    case
        when exists (
            from price_point as other
            where other.as_of = leap.as_of and other.asset_id = leap.asset_id
                and other.source = other.provider and other.provider <> leap.provider
                and other.price_usd between leap.price_usd / 1.1 and leap.price_usd * 1.1
        ) then 'other'
        when case when leap.is_up then leap.next_usd * leap.factor >= leap.price_usd else leap.next_usd <= leap.price_usd * leap.factor end
            and (
                leap.next_as_of = following.next_snapshot
                or leap.next_as_of <= leap.as_of + to_hours(pricing.carry_hours)
            ) then 'next'
    end as confirmed_by,
    leap.next_as_of
from leap
join following on following.as_of = leap.as_of
cross join pricing
