-- table: One row that says from when to when the history goes and what can be asked of it, so that questions need not look.
-- column first_as_of: The first tick of the history, UTC.
-- column last_as_of: The last tick of the history, UTC.
-- column finest_seconds: The shortest time between two ticks, none where there are not two.
-- column scope_by_name: The set of accounts in `scope` by an account's name in lower case, by ` in ` and a group, by both or none.
-- column labels: The accounts' names in the settings.
-- column account_groups: Every account group, in their order.
-- column chains: Every chain that a snapshot ever planned, as CAIP-2 ids.
-- column providers: Every provider that was ever planned for a cell.
with
    named as (
        select distinct lower(unnest([account.account_id, account.label, account.address])) as name, account.account_id, account.groups
        from account
    ),
    meant as (
        select '' as name, 'all' as scope_id
        union all
        select named.name, case when count(*) = 1 then any_value(named.account_id) else 'name:' || named.name end
        from named
        group by named.name
        union all
        select distinct ' in ' || unnest(account.groups), 'group:' || unnest(account.groups)
        from account
        union all
        select named.name || ' in ' || named.group_name, any_value(named.account_id)
        from (select named.name, named.account_id, unnest(named.groups) as group_name from named) as named
        group by named.name, named.group_name
        having count(*) = 1
    ),
    spaced as (
        select due.as_of, epoch(due.as_of - lag(due.as_of) over (order by due.as_of))::bigint as seconds
        from (select distinct tick.as_of from tick) as due
    )
select
    (select min(spaced.as_of) from spaced) as first_as_of,
    (select max(spaced.as_of) from spaced) as last_as_of,
    (select min(spaced.seconds) from spaced) as finest_seconds,
    (select map(list(meant.name order by meant.name), list(meant.scope_id order by meant.name)) from meant) as scope_by_name,
    (select coalesce(list(account.label order by account.label), []) from account) as labels,
    (select coalesce(list(distinct grouped.name order by grouped.name), [])
        from (select unnest(account.groups) as name from account) as grouped) as account_groups,
    (select coalesce(list(distinct cell.chain_id order by cell.chain_id), []) from cell) as chains,
    (select coalesce(list(distinct cell.provider order by cell.provider), []) from cell) as providers
