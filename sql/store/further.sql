-- claim: Counts what a published file, attached as theirs, knows and the store does not: instants, attempts, closings, imports.
with unknown_instant as (
    select taken.as_of
    from theirs.snapshot as taken
    anti join snapshot as own on own.as_of = taken.as_of
)
select
    (select count(*) from unknown_instant) as instants,
    (select max(unknown_instant.as_of) from unknown_instant) as last_as_of,
    (
        select count(*)
        from theirs.attempt as taken
        anti join attempt as own on own.provider = taken.provider and own.attempt_id = taken.attempt_id
    ) as attempts,
    (select count(*) from {closing} as closed anti join closing as own on own.closing_id = closed.closing_id) as closings,
    (
        select count(*)
        from theirs.flowspan as span
        anti join flowspan as own on own.account_id = span.account_id and own.recorded_at >= span.recorded_at
    ) as imports
