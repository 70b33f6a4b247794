-- macro: The cells in scope at the last tick at or before an instant, of the accounts and the chain that a question means.
-- parameter moment: Date or instant; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- column as_of: The tick, UTC; the other columns are those of cell_scope.
create or replace macro cells_at(moment, account, account_group, chain) as table
select cell_scope.*
from meant(account, account_group) as asked
join scope on scope.scope_id = asked.scope_id
join cell_scope on cell_scope.account_id = scope.account_id
where cell_scope.as_of = last_instant(moment) and (chain is null or cell_scope.chain_id = chain::varchar)
