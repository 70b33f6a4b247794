-- claim: Moves the slices named in `replaced` from `{table}` to what was believed before, in the same transaction.
-- `{asked}` keeps the rows of accounts that the new pull was not asked for; it is filled in by warehouse/save.py.
insert into {table}_superseded
select {table}.*, replaced.taken_at as superseded_at from {table} join replaced using (as_of, provider, pull_key) where {asked};
delete from {table} using replaced
where {table}.as_of = replaced.as_of and {table}.provider = replaced.provider and {table}.pull_key = replaced.pull_key and {asked};
