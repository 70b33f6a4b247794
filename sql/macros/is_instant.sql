-- macro: Whether a text or value is a date or an instant: in UTC, or with an offset behind it. The name of a zone is none.
-- DuckDB passes over whatever stands behind the seconds: a zone, or an offset that lost its plus sign in an address.
-- parameter written: Date or instant, as text or as a value; NULL passes.
create or replace macro is_instant(written) as (
    written is null
    or regexp_full_match(
        written::varchar,
        '-?infinity|[0-9]{4,6}[-/][0-9]{1,2}[-/][0-9]{1,2}'
            || '([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*(Z|UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9](:[0-5][0-9])?)?)?)?'
    ) and instant_meant(written) is not null
)
