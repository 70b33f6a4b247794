-- macro: What to do about a cell without a record, in plain words, by the code of its cause.
-- parameter cause: Why nothing is of record, one code, as in coverage; NULL stays it.
-- parameter can_be_asked: Whether somebody can be asked for a past instant of the cell.
create or replace macro remedy_of(cause, can_be_asked) as (
    case
        when cause = 'suspect:vanished' and can_be_asked
            then 'what it held is gone from a healthy answer; if it was sold, closed or moved away, run `portfolio backfill --gaps`:'
                || ' it asks once more for all such ticks, and what says the same in another run is believed, then and at every later tick'
        when cause = 'suspect:vanished'
            then 'what it held is gone from a healthy answer, and this tick cannot be asked for any more; if it was sold, closed or'
                || ' moved away, run `portfolio snapshot` a second time within the grace of a tick: what says the same in another run'
                || ' is believed, then and at every later tick'
        when cause = 'suspect:flipped'
            then 'what was a debt comes as an asset, which is never believed; let a second provider cover it, or run'
                || ' `portfolio backfill --gaps` once the provider has mended it'
        when cause in ('failed:missing_key', 'failed:unauthorised', 'failed:forbidden') and can_be_asked
            then 'look after the key (`portfolio doctor`), then run `portfolio backfill --gaps`'
        when cause in ('failed:missing_key', 'failed:unauthorised', 'failed:forbidden')
            then 'look after the key (`portfolio doctor`) for the ticks to come; this one cannot be asked for any more'
        when cause = 'unconfirmed_empty'
            then 'nothing was found long after the tick; it is believed once nothing is found at a neighbouring tick either:'
                || ' take that one (`portfolio backfill`)'
        when cause = 'failed:not_asked' and can_be_asked
            then 'the run of this tick asked other providers only: run `portfolio backfill --gaps`, or materialise the'
                || ' missing provider in Dagster'
        when cause is not null and can_be_asked then 'run `portfolio backfill --gaps`'
        when cause is not null then 'nobody who answered for it can be asked for the past: it stays missing'
    end
)
