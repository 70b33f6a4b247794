-- table: One row a tick and currency of which a rate was ever recorded: the last that was published by then.
-- What the tick's own pull brought counts; where that failed or was never sent, the last rate published by then that
-- another tick's pull brought does: it was there to be known. A rate serves for seven days of 24 hours after it was
-- published, longer than any closing of TARGET; then there is none, because the publisher may have stopped.
-- column as_of: The tick that is spoken of, UTC.
-- column currency: The currency as its ISO 4217 code.
-- column usd_per_unit: US dollars for a unit of it, none where no rate is good.
-- column base_currency: The currency that the publisher's rates are against.
-- column usd_per_base: US dollars for a unit of the base, digits as published.
-- column unit_per_base: Units of the currency for one of the base, digits as published.
-- column rate_day: The day whose rate it is, at the publisher's seat.
-- column published_at: From when on the rate counts as published, UTC.
-- column provider: The provider that told it.
-- column told_as_of: The tick whose pull brought it, UTC.
-- column reason: Why there is no good rate, one code, none where there is one.
with
    wanted as (
        select ticked.as_of, listed.currency
        from (select distinct tick.as_of from tick) as ticked
        cross join (select distinct rate.currency from rate) as listed
    ),
    own as (
        select rate.as_of, rate.currency, arg_max(rate, (rate.published_at, rate.recorded_at, rate.provider)) as told
        from rate
        group by rate.as_of, rate.currency
    ),
    published as (
        select rate.currency, rate.published_at, arg_max(rate, (rate.as_of, rate.recorded_at, rate.provider)) as told
        from rate
        group by rate.currency, rate.published_at
    ),
    found as (
        select wanted.as_of, wanted.currency, coalesce(own.told, published.told) as told
        from wanted
        left join own on own.as_of = wanted.as_of and own.currency = wanted.currency
        asof left join published
            on published.currency = wanted.currency and published.published_at <= wanted.as_of
    ),
    judged as (
        select found.*,
            case
                when found.told is null then 'no_rate'
                when found.told.published_at < found.as_of - interval 168 hours then 'rate_too_old'
            end as reason
        from found
    )
select judged.as_of, judged.currency, case when judged.reason is null then judged.told.usd_per_unit end as usd_per_unit,
    judged.told.base_currency as base_currency, judged.told.usd_per_base as usd_per_base,
    judged.told.unit_per_base as unit_per_base, judged.told.rate_day as rate_day,
    judged.told.published_at as published_at, judged.told.provider as provider, judged.told.as_of as told_as_of,
    judged.reason
from judged
