-- claim: How many rows of a table two stores do not share, by provider where the table names one, and the first instant.
-- `{ours}`, `{theirs}`, `{columns}`, `{provider}` and `{as_of}` are filled in by warehouse/compare.py.
select {provider} as provider, min({as_of}) as first_as_of,
    count(*) filter (side = 'ours') as ours_only, count(*) filter (side = 'theirs') as theirs_only
from (
    select 'ours' as side, only_ours.*
    from (select {columns} from {ours} except all select {columns} from {theirs}) as only_ours
    union all
    select 'theirs' as side, only_theirs.*
    from (select {columns} from {theirs} except all select {columns} from {ours}) as only_theirs
) as unshared
group by 1
order by 1
