-- macro: No row, or an error with its remedy: what a question names and nobody has, or a span that begins behind its end.
-- Every answer begins with it (warehouse/sqlfiles.py puts it there), beside its own rows and not joined to them: DuckDB
-- leaves a join out where it knows that nothing is there to be joined, errors and all. Each column of the answer is made
-- of `nothing`, so that a filter on any of them comes upon the error too.
-- parameter since: Date or instant; NULL for the first of the history. One behind `until` is an error.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all. An error names the nearest labels; one outside of the group is none.
-- parameter account_group: Name of an account group; NULL for all. An error names those that there are.
-- parameter chain: The chain as its CAIP-2 id; NULL for all. One that no snapshot ever planned is an error that names those that there are.
-- parameter provider: The provider's name; NULL for all. One that was never asked about a wallet is an error that names those that were.
-- column nothing: None.
create or replace macro refused(since, until, account, account_group, chain, provider) as table
select asked.nothing
from (
    select case
        when account is not null and len(extent.labels) > 0 and extent.scope_by_name[lower(account::varchar)] is null
        then error(concat('no account is called ', left(account::varchar, 60), '; near it: ',
            array_to_string(list_transform(
                list_aggregate(list_transform(
                    extent.labels,
                    lambda label: {'near': jaro_winkler_similarity(lower(label), lower(account::varchar)), 'label': label}
                ), 'max', 3),
                lambda one: one.label
            ), ', ')))
        when account_group is not null and len(extent.labels) > 0
            and not list_contains(extent.account_groups, account_group::varchar)
        then error(concat('no account belongs to a group ', left(account_group::varchar, 60), '; there are: ',
            coalesce(nullif(array_to_string(extent.account_groups, ', '), ''), 'none')))
        when chain is not null and len(extent.chains) > 0 and not list_contains(extent.chains, chain::varchar)
        then error(concat('no snapshot has a chain ', left(chain::varchar, 60), '; there are: ',
            array_to_string(extent.chains, ', ')))
        when provider is not null and len(extent.providers) > 0 and not list_contains(extent.providers, provider::varchar)
        then error(concat('no snapshot asked a provider ', left(provider::varchar, 60), '; there are: ',
            array_to_string(extent.providers, ', ')))
        when instant_meant(since) > instant_meant(until)
        then error(concat('since (', since::varchar, ') lies behind until (', until::varchar, ')'))
    end::varchar as nothing
    from extent
) as asked
where asked.nothing is not null
