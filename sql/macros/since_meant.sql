-- macro: The first instant of a span in UTC; one that lies behind the last instant is an error.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
create or replace macro since_meant(since, until) as (
    span_begin(
        since, until,
        coalesce(instant_meant(since), timestamp '-infinity'), coalesce(instant_meant(until), timestamp 'infinity')
    )
)
