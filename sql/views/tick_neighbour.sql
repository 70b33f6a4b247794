-- view: One row a tick with the ticks next to it, so that neighbouring instants can vouch for each other.
-- column as_of: The tick that is spoken of, UTC.
-- column previous_as_of: The tick before it, UTC, none for the first.
-- column next_as_of: The tick after it, UTC, none for the last.
select
    due.as_of,
    lag(due.as_of) over (order by due.as_of) as previous_as_of,
    lead(due.as_of) over (order by due.as_of) as next_as_of
from (select distinct tick.as_of from tick) as due
