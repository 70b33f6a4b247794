-- macro: The first instant that a question means, in UTC.
-- parameter since: Date or instant; NULL for the first of the history.
create or replace macro since_meant(since) as (
    coalesce(instant_meant(since), timestamp '-infinity')
)
