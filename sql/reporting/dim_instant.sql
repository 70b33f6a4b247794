-- view: One row a tick, taken or missed, with the parts of its date in UTC and whether the portfolio's value is known.
-- column as_of: The instant that is spoken of, UTC; what facts name it by.
-- column day: Its date in UTC, without a time.
-- column month: The first day of its month.
-- column quarter: The first day of its quarter.
-- column year: Its year as a number, in UTC.
-- column weekday: Its day of the week, 1 for Monday to 7 for Sunday.
-- column is_complete: Whether the value of the whole portfolio is known.
-- column reason: Why its value is not known, one code, none where it is.
-- column is_last_of_day: Whether it is the last complete instant of its day.
-- column is_last_of_month: Whether it is the last complete instant of its month.
select whole.as_of, whole.as_of::date as day, date_trunc('month', whole.as_of)::date as month,
    date_trunc('quarter', whole.as_of)::date as quarter, year(whole.as_of) as year, isodow(whole.as_of) as weekday,
    whole.is_complete, whole.reason,
    whole.is_complete and whole.as_of = max(case when whole.is_complete then whole.as_of end) over (
        partition by date_trunc('day', whole.as_of)
    ) as is_last_of_day,
    whole.is_complete and whole.as_of = max(case when whole.is_complete then whole.as_of end) over (
        partition by date_trunc('month', whole.as_of)
    ) as is_last_of_month
from main.total as whole
where whole.scope_id = 'all' and whole.chain_id = 'all' and whole.is_instant
