-- macro: The accounts that a question means: all, one by label, address or account id, or those of an account group.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The account's name in the settings.
-- column address: The account's address as people read it.
create or replace macro accounts_meant(account, account_group) as table
select known.account_id, known.label, known.address
from meant(account, account_group) as asked
join scope on scope.scope_id = asked.scope_id
join account as known on known.account_id = scope.account_id
