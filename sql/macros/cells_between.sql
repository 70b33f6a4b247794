-- macro: The counted cells in scope from one instant to another, of the accounts and the chain that a question means.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date, with its whole day, or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- column as_of: The tick, UTC; the other columns are those of cell_scope.
create or replace macro cells_between(since, until, account, account_group, chain) as table
select cell_scope.*
from meant(account, account_group) as asked
join scope on scope.scope_id = asked.scope_id
join cell_scope on cell_scope.account_id = scope.account_id
where cell_scope.is_counted and (chain is null or cell_scope.chain_id = chain::varchar)
    and cell_scope.as_of between since_meant(since) and until_meant(until)
