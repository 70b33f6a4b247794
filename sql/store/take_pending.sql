-- claim: Takes the steps of the instants whose changes are made next, numbered in the order in which changes lie.
-- What is worked out for each of many holdings is joined and added up by that number, and not by four texts.
create or replace temp table pending_step as
select step.*, md5_number_lower(step.account_id) as account_hash,
    row_number() over (order by account_hash, step.as_of, step.account_id, step.chain_id, step.layer) as number
from cell_step as step
where step.as_of between getvariable('pending_since') and getvariable('pending_until')
    and step.as_of in (select pending_instant.as_of from pending_instant);
