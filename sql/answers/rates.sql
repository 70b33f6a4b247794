-- question: What did a unit of a currency cost in US dollars at each instant, as last published by then?
-- One row a tick and currency, ticks that were missed too. What is not known is NULL with its reason: no_rate, or
-- rate_too_old where the last one had been published more than seven days before. What is said beside it is of that rate.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter currency: Only this currency, ISO 4217 code; default all of which a rate was ever recorded.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column currency varchar: The currency as its ISO 4217 code.
-- column usd_per_unit double: US dollars for a unit of it, none where no rate is good.
-- column base_currency varchar: The currency that the publisher's rates are against.
-- column usd_per_base varchar: US dollars for a unit of the base, digits as published.
-- column unit_per_base varchar: Units of the currency for one of the base, digits as published.
-- column rate_day date: The day whose rate it is, at the publisher's seat.
-- column published_at timestamp: From when on the rate counts as published, UTC.
-- column provider varchar: The provider that told it.
-- column told_as_of timestamp: The instant whose pull brought it: its own, or another's where its own failed, UTC.
-- column reason varchar: Why there is no good rate, one code, none where there is one.
create or replace macro rates(since := null, until := null, currency := null) as table
with
    listed as (
        select quote.* from quote where currency is null
        union all by name
        select meant.* from quotes_meant(currency) as meant where currency is not null
    )
select listed.as_of, listed.currency, listed.usd_per_unit, listed.base_currency, listed.usd_per_base,
    listed.unit_per_base, listed.rate_day, listed.published_at, listed.provider, listed.told_as_of, listed.reason
from listed
where listed.as_of between since_meant(since) and until_meant(until)
order by listed.as_of, listed.currency
