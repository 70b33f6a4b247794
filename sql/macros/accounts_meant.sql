-- macro: The accounts that a question means: all, one by label, address or account id, or those of an account group.
-- A name that nobody has is an error that names the nearest ones, never an empty answer.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The account's name in the settings.
-- column address: The account's address as people read it.
create or replace macro accounts_meant(account, account_group) as table
with
    known as (
        select named.account_id, named.label, named.address, named.groups,
            account is null
                or lower(account::varchar) in (lower(named.account_id), lower(named.label), lower(named.address)) as is_named,
            account_group is null or list_contains(named.groups, account_group::varchar) as is_grouped
        from account as named
    ),
    guard as (
        select case
            when count(*) = 0 then null
            when not bool_or(known.is_named) then error(
                'no account is called ' || left(account::varchar, 60) || '; near it: '
                || array_to_string(list_slice(list(known.label order by
                    jaro_winkler_similarity(lower(known.label), lower(account::varchar)) desc), 1, 3), ', ')
            )
            when not bool_or(known.is_grouped) then error(
                'no account belongs to a group ' || left(account_group::varchar, 60) || '; there are: '
                || coalesce(array_to_string(list_sort(list_distinct(flatten(list(known.groups)))), ', '), 'none')
            )
        end as fault
        from known
    )
select known.account_id, known.label, known.address
from known
join guard on guard.fault is null
where known.is_named and known.is_grouped
