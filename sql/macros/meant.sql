-- macro: What a question means by its parameters, as one row that the history is joined to; what nobody has is an error with its remedy.
-- One row instead of a lookup each: planning a lookup costs more than reading a year of totals.
-- parameter since: Date or instant; NULL for the first of the history. One behind `until` is an error.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all. An error names the nearest labels; one outside of the group is none.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all. One that no snapshot ever planned is an error that names those that there are.
-- column scope_id: The set of accounts, as in `scope`.
-- column chain_id: The chain, none for all.
-- column since_at: The first instant that is asked for, -infinity where none is named.
-- column until_at: The last instant that is asked for, infinity where none is named.
-- column last_as_of: The last instant of the history.
-- column finest_seconds: How far the snapshots lie apart, where they lie closest.
create or replace macro meant(since, until, account, account_group, chain) as table
select
    coalesce(
        asked.scope_by_name[concat_ws(' in ', lower(coalesce(account::varchar, '')), account_group)],
        case
            when len(asked.labels) = 0 then ''
            when asked.scope_by_name[lower(account::varchar)] is null and account is not null
            then error(concat('no account is called ', left(account::varchar, 60), '; near it: ',
                array_to_string(list_transform(
                    list_aggregate(list_transform(
                        asked.labels,
                        lambda label: {'near': jaro_winkler_similarity(lower(label), lower(account::varchar)), 'label': label}
                    ), 'max', 3),
                    lambda one: one.label
                ), ', ')))
            when not list_contains(asked.account_groups, account_group::varchar)
            then error(concat('no account belongs to a group ', left(account_group::varchar, 60), '; there are: ',
                coalesce(nullif(array_to_string(asked.account_groups, ', '), ''), 'none')))
            else ''
        end
    ) as scope_id,
    case
        when chain is null or len(asked.chains) = 0 or list_contains(asked.chains, chain::varchar) then chain::varchar
        else error('no snapshot has a chain ' || left(chain::varchar, 60) || '; there are: ' || array_to_string(asked.chains, ', '))
    end as chain_id,
    span_begin(since, until, asked.since_at, asked.until_at) as since_at,
    asked.until_at, asked.last_as_of, asked.finest_seconds
from (
    select extent.*, coalesce(instant_meant(since), timestamp '-infinity') as since_at,
        coalesce(instant_meant(until), timestamp 'infinity') as until_at
    from extent
) as asked
