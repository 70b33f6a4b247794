-- claim: Instants at which a step differs from the one that its changes were made of, or is no more.
create or replace temp table pending_instant as
select distinct differing.as_of
from (
    (from cell_step except from known_step)
    union all
    (from known_step except from cell_step)
) as differing;
delete from change
where change.as_of in (select pending_instant.as_of from pending_instant)
    or change.as_of not in (select cell_step.as_of from cell_step);
delete from movement
where movement.as_of in (select pending_instant.as_of from pending_instant)
    or movement.as_of not in (select cell_step.as_of from cell_step);
select pending_instant.as_of from pending_instant order by pending_instant.as_of;
