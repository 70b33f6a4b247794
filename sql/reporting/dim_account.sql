-- view: One row an account that the history knows.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case; what facts name it by.
-- column label: The name of the account in the settings.
-- column address: Its address as people read it.
-- column namespace: Its family of chains as CAIP-2 has it, such as eip155 or solana.
-- column group_names: The groups that it belongs to, separated by commas, none where there are none.
-- column watched_since: From when on it is watched, UTC, none for the whole history.
-- column watched_until: Until when it is watched, UTC, exclusive, none without an end.
-- column is_watched: Whether the settings name it still.
select account.account_id, account.label, account.address, split_part(account.account_id, ':', 1) as namespace,
    nullif(array_to_string(list_sort(account.groups), ', '), '') as group_names,
    account.since as watched_since, account.until as watched_until, account.is_watched
from main.account
