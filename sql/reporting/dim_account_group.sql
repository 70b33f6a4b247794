-- view: One row an account and group that it belongs to; one account may belong to several groups.
-- column account_group: The group's name in the settings.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
select unnest(account.groups) as account_group, account.account_id
from main.account
