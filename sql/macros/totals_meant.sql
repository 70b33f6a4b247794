-- macro: The rows of `total` from one instant to another, of the accounts and the chain that a question means.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter every: Spacing, which is only passed on; NULL for every instant.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- parameter timerange: A range that is counted back from the last instant; NULL for all.
-- column as_of: The instant, UTC; the other columns are those of total.
-- column spacing: The spacing as `meant` gives it.
create or replace macro totals_meant(since, until, every, account, account_group, chain, timerange) as table
select total.*, asked.spacing
from meant(since, until, every, account, account_group, chain, timerange) as asked
join total on total.scope_id = asked.scope_id and total.chain_id = coalesce(asked.chain_id, 'all')
    and total.as_of >= asked.since_at and total.as_of >= asked.range_at and total.as_of <= asked.until_at
