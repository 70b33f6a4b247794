-- claim: Adds the cells that a plan asks nobody for, where no plan before lacked the same ones.
insert into uncovered by name
select incoming.* from incoming_uncovered as incoming
where incoming.uncovered_id not in (select uncovered.uncovered_id from uncovered);
