-- table: One row an account in each set of accounts that can be asked for: all, one by any of its names, those of a group.
-- column scope_id: The set: all, an account id, name:… where several accounts share a name, group:… for an account group.
-- column account_id: A wallet in it, CAIP-10 style, EVM in lower case.
-- column label: The account's name in the settings.
-- column account_hash: The account's number, as in `change`.
with
    named as (
        select distinct lower(unnest([account.account_id, account.label, account.address])) as name, account.account_id
        from account
    ),
    shared as (
        select named.name from named group by named.name having count(*) > 1
    ),
    listed as (
        select 'all' as scope_id, account.account_id, account.label
        from account
        union all
        select account.account_id, account.account_id, account.label
        from account
        union all
        select 'name:' || named.name, account.account_id, account.label
        from named
        join shared on shared.name = named.name
        join account on account.account_id = named.account_id
        union all
        select distinct 'group:' || grouped.group_name, grouped.account_id, grouped.label
        from (select unnest(account.groups) as group_name, account.account_id, account.label from account) as grouped
    )
select listed.scope_id, listed.account_id, listed.label, md5_number_lower(listed.account_id) as account_hash
from listed
