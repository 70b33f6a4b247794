-- claim: The first instants of a period whose value is not known, each with the first missing cell or the reason, and how many cells lack.
select total.as_of, total.missing_cells as cells, coalesce(total.missing[1], total.reason) as example
from total
where total.scope_id = 'all' and total.chain_id = 'all' and total.is_instant and not total.is_complete
    and total.as_of between $since and $until
order by total.as_of
limit 3
