-- macro: The instants that a chart shows, as rows of `total`: every one, or of each bucket of UTC time its last complete one.
-- A bucket that has no complete instant shows its last, incomplete as it is; never an average.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter every: Spacing; NULL for every instant.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- parameter timerange: A range that is counted back from the last instant; NULL for all.
-- column as_of: The instant, UTC; the other columns are those of total.
create or replace macro points_meant(since, until, every, account, account_group, chain, timerange) as table
select total.*
from meant(since, until, every, account, account_group, chain, timerange) as asked
join total on total.scope_id = asked.scope_id and total.chain_id = coalesce(asked.chain_id, 'all')
    and total.as_of >= asked.since_at and total.as_of >= asked.range_at and total.as_of <= asked.until_at
where total.is_instant
qualify asked.spacing is null or row_number() over (
    partition by date_trunc(coalesce(asked.spacing, 'day'), total.as_of)
    order by total.is_complete desc, total.as_of desc
) = 1
