-- alert: How many of the cells in scope have a record at an instant, and which have none, for which reason?
-- parameter moment: The instant, UTC.
select
    count(*) filter (where covered.status = 'recorded') as recorded,
    count(*) as cells,
    coalesce(
        list(
            covered.label || ' / ' || covered.chain_id || ' / ' || covered.layer || ': ' || covered.reason
            order by covered.label, covered.chain_id, covered.layer
        ) filter (where covered.status = 'missing'),
        []
    ) as missing
from coverage(since := $moment, until := $moment) as covered
where covered.status in ('recorded', 'missing')
