-- claim: Tells what a published file knows of the history: instants, the last of them, attempts, imports of flows.
select
    (select count(*) from snapshot) as instants,
    (select max(snapshot.as_of) from snapshot) as last_as_of,
    (select list(struct_pack(provider := attempt.provider, attempt_id := attempt.attempt_id)) from attempt) as attempts,
    (select count(*) from flowspan) as imports
