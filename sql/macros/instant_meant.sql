-- macro: The instant that a question asks for, in UTC: an offset counts where one is written.
-- What is no instant, as one with a zone's name behind it, is an error of `refused`, with which every answer begins.
-- parameter written: Date or instant, as text or as a value; NULL stays NULL, a date alone is its first instant.
create or replace macro instant_meant(written) as (
    case
        when regexp_matches(written::varchar, ':[0-9]{2}(\.[0-9]+)?\s*[+-][0-9:]+$')
        then make_timestamp(epoch_us(try_cast(regexp_replace(written::varchar, '\s+([+-])', '\1') as timestamptz)))
        else try_cast(written::varchar as timestamp)
    end
)
