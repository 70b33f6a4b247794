-- macro: The last instant that a question asks for, in UTC.
-- parameter until: Date, which is in it to its last instant, or an instant, inclusive; NULL for the last of the history.
create or replace macro until_meant(until) as (
    case
        when until is null then timestamp 'infinity'
        when regexp_full_match(until::varchar, '[0-9]+[-/][0-9]+[-/][0-9]+')
        then instant_meant(until) + interval 1 day - interval 1 microsecond
        else instant_meant(until)
    end
)
