-- claim: Every pull and cell that the plan of an instant held is there, however it ended.
select
    snapshot.as_of, snapshot.planned_pulls, snapshot.planned_cells,
    (select count(*) from pull where pull.as_of = snapshot.as_of) as pulls,
    (select count(*) from cell where cell.as_of = snapshot.as_of) as cells
from snapshot
where snapshot.as_of between $since and $until
    and (
        snapshot.planned_pulls > (select count(*) from pull where pull.as_of = snapshot.as_of)
        or snapshot.planned_cells > (select count(*) from cell where cell.as_of = snapshot.as_of)
    )
