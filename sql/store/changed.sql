-- claim: Pulls that are stored already and whose rows in one table differ from what comes in.
-- `{table}` and `{belief}` are filled in from dagster_project/tables.py, the same for every table of the history: when
-- and how a row was taken is no part of what is believed. `{asked}` leaves out accounts that the new pull was not asked for.
select differing.provider, differing.pull_key
from (
    with
        known as (
            select pull.as_of, pull.provider, pull.pull_key
            from pull
            semi join incoming_pull using (as_of, provider, pull_key)
        ),
        before as (select {belief} from {table} semi join known using (as_of, provider, pull_key) where {asked}),
        after as (select {belief} from incoming_{table} semi join known using (as_of, provider, pull_key))
    (from before except all from after)
    union all
    (from after except all from before)
) as differing
