-- claim: Instants whose price points are not those of what is stored; the points of instants that are stored no more are gone.
delete from price_point
where not exists (
    from snapshot where snapshot.as_of = price_point.as_of and snapshot.recorded_at = price_point.recorded_at
);
select snapshot.as_of
from snapshot
where snapshot.as_of not in (select price_point.as_of from price_point)
order by snapshot.as_of;
