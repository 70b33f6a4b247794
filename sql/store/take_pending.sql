-- claim: Takes the steps of the instants whose changes are made next.
create or replace temp table pending_step as
from cell_step
where cell_step.as_of between getvariable('pending_since') and getvariable('pending_until')
    and cell_step.as_of in (select pending_instant.as_of from pending_instant);
