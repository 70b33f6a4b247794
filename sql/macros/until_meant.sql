-- macro: The last instant that a question means, in UTC.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
create or replace macro until_meant(until) as (
    coalesce(instant_meant(until), timestamp 'infinity')
)
