-- table: One row an asset that the settings or the rules against spam speak of, and span of time: whether it counts, what it costs.
-- The spans of an asset follow each other without a gap, so that an instant lies in one of them.
-- column asset_id: The asset as its CAIP-19 type.
-- column since: The first instant of the span, UTC, -infinity for the first.
-- column until: The end of the span, UTC, exclusive, infinity for the last.
-- column exclusion: Why it never counts, one code: ignored, spam or absurd; none where it may.
-- column own_price_usd: What it costs by the settings, US dollars a whole unit, none where the provider's price holds.
-- column is_receipt: Whether it is a token that stands for what lies in a position.
-- column is_owed: Whether it stands for a debt, so that its price is never worth to its holder.
with
    -- both are read twice, and to plan the rule against absurd values takes most of the time of a small history
    advert as materialized (from spam),
    absurd_entry as materialized (from absurd),
    bound as (
        select rule.asset_id, timestamp '-infinity' as since from rule
        union
        select advert.asset_id, timestamp '-infinity' from advert
        union
        select absurd_entry.asset_id, unnest([timestamp '-infinity', absurd_entry.since]) from absurd_entry
        union
        select receipt_token.asset_id, timestamp '-infinity' from receipt_token
        union
        select rule.asset_id, unnest([rule.since, rule.until]) from rule where rule.price_usd is not null
    ),
    span as (
        select bound.asset_id, bound.since,
            coalesce(lead(bound.since) over (partition by bound.asset_id order by bound.since), timestamp 'infinity') as until
        from bound
        where bound.since is not null
    )
select span.asset_id, span.since, span.until,
    case
        when exists (from rule where rule.asset_id = span.asset_id and rule.treatment = 'ignore') then 'ignored'
        when exists (from advert where advert.asset_id = span.asset_id) then 'spam'
        when exists (from absurd_entry where absurd_entry.asset_id = span.asset_id and span.since >= absurd_entry.since) then 'absurd'
    end as exclusion,
    priced.price_usd as own_price_usd,
    exists (from receipt_token where receipt_token.asset_id = span.asset_id) as is_receipt,
    exists (from listedreceipt where listedreceipt.asset_id = span.asset_id and listedreceipt.is_debt) as is_owed
from span
left join rule as priced
    on priced.asset_id = span.asset_id and priced.price_usd is not null
    and span.since >= coalesce(priced.since, timestamp '-infinity')
    and span.since < coalesce(priced.until, timestamp 'infinity')
