-- macro: The rows of `total` from one instant to another, of the accounts and the chain that a question means.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date, with its whole day, or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- column as_of: The instant, UTC; the other columns are those of total.
create or replace macro totals_meant(since, until, account, account_group, chain) as table
select total.*
from meant(account, account_group) as asked
join total on total.scope_id = asked.scope_id and total.chain_id = coalesce(chain::varchar, 'all')
    and total.as_of between since_meant(since) and until_meant(until)
