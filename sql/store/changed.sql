-- claim: Pulls that are stored already and whose belief differs from what comes in.
-- Provenance (when and how it was taken) is left out of the comparison; dagster_project/tables.py says the same.
with
    known as (select pull.as_of, pull.provider, pull.pull_key from pull semi join incoming_pull using (as_of, provider, pull_key)),
    pull_before as (
        select * exclude (
            observed_at, tries, elapsed_ms, body_bytes, body_sha256, request_id, attempt_id, normaliser_version, recorded_at
        )
        from pull semi join known using (as_of, provider, pull_key)
    ),
    pull_after as (
        select * exclude (
            observed_at, tries, elapsed_ms, body_bytes, body_sha256, request_id, attempt_id, normaliser_version, recorded_at
        )
        from incoming_pull semi join known using (as_of, provider, pull_key)
    ),
    cell_before as (
        select * exclude (observed_at, recorded_at) from cell semi join known using (as_of, provider, pull_key)
    ),
    cell_after as (
        select * exclude (observed_at, recorded_at) from incoming_cell semi join known using (as_of, provider, pull_key)
    ),
    balance_before as (select * exclude (recorded_at) from balance semi join known using (as_of, provider, pull_key)),
    balance_after as (select * exclude (recorded_at) from incoming_balance semi join known using (as_of, provider, pull_key))
select distinct provider, pull_key
from (
    select provider, pull_key from (from pull_before except all from pull_after)
    union all
    select provider, pull_key from (from pull_after except all from pull_before)
    union all
    select provider, pull_key from (from cell_before except all from cell_after)
    union all
    select provider, pull_key from (from cell_after except all from cell_before)
    union all
    select provider, pull_key from (from balance_before except all from balance_after)
    union all
    select provider, pull_key from (from balance_after except all from balance_before)
)
