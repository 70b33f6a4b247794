-- macro: The instant that a question means, in UTC: an offset counts where one is written, and nothing else is guessed.
-- parameter written: Date or instant, as text or as a value; NULL stays NULL.
create or replace macro instant_meant(written) as (
    case
        when regexp_matches(written::varchar, ':[0-9]{2}(\.[0-9]+)?\s*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
        then make_timestamp(epoch_us(written::varchar::timestamptz))
        else written::timestamp
    end
)
