-- macro: What to do about a cell without a record, in plain words, by the code of its cause.
-- parameter cause: Why nothing is of record, one code, as in coverage; NULL stays it.
-- parameter can_be_asked: Whether somebody can be asked for a past instant of the cell.
create or replace macro remedy_of(cause, can_be_asked) as (
    case
        when cause = 'suspect:vanished'
            then 'what it held is gone from a healthy answer. The next snapshot settles it if it says the same, and so does a second'
                || ' provider that covers it; for a chain or protocol that is gone as a whole, asking the same provider again does not'
                || case when can_be_asked then '. If it came back, run `portfolio backfill --gaps`' else '' end
        when cause = 'suspect:flipped'
            then 'what was a debt comes as an asset, which is never believed; let a second provider cover it, or run'
                || ' `portfolio backfill --gaps` once the provider has mended it'
        when cause like 'failed:%' and can_be_asked
            then concat_ws('; then ', remedy_for(substr(cause, 8)), 'run `portfolio backfill --gaps`')
        when cause like 'failed:%'
            then concat_ws('; ', remedy_for(substr(cause, 8)), 'this tick cannot be asked for any more')
        when cause = 'unconfirmed_empty'
            then 'nothing was found long after the tick; it is believed once nothing is found at a neighbouring tick either:'
                || ' take that one (`portfolio backfill`)'
        when cause is not null and can_be_asked then 'run `portfolio backfill --gaps`'
        when cause is not null then 'nobody who answered for it can be asked for the past: it stays missing;'
            || ' [[accept_missing]] in the settings leaves it out of the total'
    end
)
