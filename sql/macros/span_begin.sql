-- macro: Where a span begins whose two ends were read; one that begins behind its end is an error in the words of who asked.
-- parameter since: What was asked for as the first instant.
-- parameter until: What was asked for as the last instant.
-- parameter since_at: The first instant, -infinity where none is named.
-- parameter until_at: The last instant, infinity where none is named.
create or replace macro span_begin(since, until, since_at, until_at) as (
    case
        when since_at > until_at
        then error('since (' || since::varchar || ') lies behind until (' || until::varchar || ')')
        else since_at
    end
)
