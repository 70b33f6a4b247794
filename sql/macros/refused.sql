-- macro: No row, or an error with its remedy: what a question names and nobody has, or a span that begins behind its end.
-- Every answer begins with it (warehouse/sqlfiles.py puts it there), beside its own rows and not joined to them: DuckDB
-- leaves a join out where it knows that nothing is there to be joined, errors and all. Each column of the answer is made
-- of `nothing`, so that a filter on any of them comes upon the error too.
-- Parameters are columns first: a lambda may not hold a question, and a parameter may be one.
-- parameter since: Date or instant; NULL for the first of the history. One behind `until` is an error, as is what is no instant.
-- parameter until: Date, with its whole day, or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all. An error names the nearest labels; one outside of the group is none.
-- parameter account_group: Name of an account group; NULL for all. An error names those that there are.
-- parameter chain: The chain as its CAIP-2 id; NULL for all. One that no snapshot ever planned is an error that names those that there are.
-- parameter provider: The provider's name; NULL for all. One that was never asked about a wallet is an error that names those that were.
-- parameter as_of: Date or instant; NULL for the last of the history. What is no instant is an error.
-- parameter known_at: Date or instant; NULL for now. What is no instant is an error.
-- column nothing: None.
create or replace macro refused(since, until, account, account_group, chain, provider, as_of, known_at) as table
select judged.nothing
from (
    select case
        when asked.account is not null and len(asked.labels) > 0 and asked.scope_by_name[lower(asked.account)] is null
        then error(concat('no account is called ', left(asked.account, 60), '; near it: ',
            array_to_string(list_transform(
                list_slice(list_reverse_sort(list_transform(
                    asked.labels,
                    lambda label: {'near': jaro_winkler_similarity(lower(label), lower(asked.account)), 'label': label}
                )), 1, 3),
                lambda one: one.label
            ), ', ')))
        when asked.account_group is not null and len(asked.labels) > 0
            and not list_contains(asked.account_groups, asked.account_group)
        then error(concat('no account belongs to a group ', left(asked.account_group, 60), '; there are: ',
            coalesce(nullif(array_to_string(asked.account_groups, ', '), ''), 'none')))
        when asked.chain is not null and len(asked.chains) > 0 and not list_contains(asked.chains, asked.chain)
        then error(concat('no snapshot has a chain ', left(asked.chain, 60), '; there are: ', array_to_string(asked.chains, ', ')))
        when asked.provider is not null and len(asked.providers) > 0 and not list_contains(asked.providers, asked.provider)
        then error(concat('no snapshot asked a provider ', left(asked.provider, 60), '; there are: ',
            array_to_string(asked.providers, ', ')))
        when len(list_filter(asked.instants, lambda one: not is_instant(one))) > 0
        then error(concat('''', left(list_filter(asked.instants, lambda one: not is_instant(one))[1], 60),
            ''' is no date or instant; write 2026-05-01, 2026-05-01 12:00 (UTC) or an offset, 2026-05-01 12:00+02:00 '
            '(in an address the plus sign is %2B); the name of a zone is not read'))
        when asked.since is not null and asked.until is not null and instant_meant(asked.since) > until_meant(asked.until)
        then error(concat('since (', asked.since, ') lies behind until (', asked.until, ')'))
    end::varchar as nothing
    from (
        select extent.*, since::varchar as since, until::varchar as until, account::varchar as account,
            account_group::varchar as account_group, chain::varchar as chain, provider::varchar as provider,
            [since::varchar, until::varchar, as_of::varchar, known_at::varchar] as instants
        from extent
    ) as asked
) as judged
where judged.nothing is not null
