-- macro: What a unit of the currency that a question means cost in US dollars, at every tick; join it by as_of.
-- A value in US dollars divided by usd_per_unit is the value in the currency, NULL where no rate is good. A currency of
-- which no rate was ever recorded is an error that names those that there are.
-- parameter currency: ISO 4217 code in any case; NULL or USD for US dollars, of which a unit always costs 1.
-- column as_of: The tick, UTC; the other columns are those of quote.
create or replace macro quotes_meant(currency) as table
with
    meant as (
        select case
            when currency is null or upper(currency::varchar) = 'USD' then 'USD'
            when coalesce(bool_or(quote.currency = upper(currency::varchar)), false) then upper(currency::varchar)
            else error(
                'no rate of ' || left(currency::varchar, 20) || ' was ever recorded; there are: '
                || coalesce(string_agg(distinct quote.currency, ', ' order by quote.currency) || ', ', '') || 'USD'
                || '; name it in the settings (currencies, see docs/settings.md), then a backfill brings its past'
            )
        end as code
        from quote
    )
select quote.*
from quote
join meant on meant.code = quote.currency
union all by name
select distinct tick.as_of, meant.code as currency, 1::double as usd_per_unit
from tick
join meant on meant.code = 'USD'
