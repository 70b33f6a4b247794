-- claim: Every pull and cell that the plan of an instant held is there, however it ended.
-- Where an answer of an earlier plan still counts, its pull is one more, and the cells of the new pulls wait for their answers.
select
    snapshot.as_of, snapshot.planned_pulls, snapshot.planned_cells,
    (select count(*) from pull where pull.as_of = snapshot.as_of) as pulls,
    (select count(*) from cell where cell.as_of = snapshot.as_of) as cells
from snapshot
where snapshot.as_of between $since and $until
    and (
        snapshot.planned_pulls > (select count(*) from pull where pull.as_of = snapshot.as_of)
        or snapshot.planned_cells > (select count(*) from cell where cell.as_of = snapshot.as_of)
            and snapshot.planned_pulls >= (select count(*) from pull where pull.as_of = snapshot.as_of)
    )
