-- macro: The set of accounts that a question means, as in `scope`: all, one by label, address or account id, those of a group.
-- A name that nobody has is an error that names the nearest ones, never an empty answer; an account outside of the group is none.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
create or replace macro scope_meant(account, account_group) as (
    select coalesce(
        extent.scope_by_name[concat_ws(' in ', lower(coalesce(account::varchar, '')), account_group)],
        case
            when len(extent.labels) = 0 then ''
            when extent.scope_by_name[lower(account::varchar)] is null and account is not null
            then error(concat('no account is called ', left(account::varchar, 60), '; near it: ',
                array_to_string(list_transform(
                    list_aggregate(list_transform(
                        extent.labels,
                        lambda label: {'near': jaro_winkler_similarity(lower(label), lower(account::varchar)), 'label': label}
                    ), 'max', 3),
                    lambda one: one.label
                ), ', ')))
            when not list_contains(extent.account_groups, account_group::varchar)
            then error(concat('no account belongs to a group ', left(account_group::varchar, 60), '; there are: ',
                coalesce(nullif(array_to_string(extent.account_groups, ', '), ''), 'none')))
            else ''
        end
    )
    from extent
)
