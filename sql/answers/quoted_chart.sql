-- question: What was it worth at each instant in another currency, and by which published rate?
-- As value_chart, each value divided by what a unit of the currency cost: the last reference rate published at or before the instant, at
-- most seven days old (docs/metrics.md, Quotes). Values in another currency are doubles; what was booked are dollars.
-- parameter currency: ISO 4217 code; default USD.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter every: Spacing: hour, day, week, month, quarter or year; default every instant.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column currency varchar: The currency as its ISO 4217 code.
-- column value double: Worth in the currency, NULL where a cell in scope has no record or no rate is good.
-- column known_value double: Worth of the cells that have a record, in the currency.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record.
-- column usd_per_unit double: US dollars for a unit of the currency.
-- column rate_day date: The day whose rate it is, at the publisher's seat.
-- column published_at timestamp: From when on the rate counts as published, UTC.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, no_rate or rate_too_old.
create or replace macro quoted_chart(
    currency := 'USD', since := null, until := null, every := null, account := null, account_group := null, chain := null
) as table
select
    chart.as_of, upper(currency::varchar) as currency, chart.value_usd::double / quote.usd_per_unit as value,
    chart.known_value_usd::double / quote.usd_per_unit as known_value, chart.value_usd, quote.usd_per_unit, quote.rate_day,
    quote.published_at, coalesce(chart.reason, quote.reason) as reason
from value_chart(
    since := since, until := until, every := every, account := account, account_group := account_group, chain := chain
) as chart
left join quotes_meant(currency) as quote on quote.as_of = chart.as_of
order by chart.as_of
