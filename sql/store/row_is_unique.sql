-- claim: The rows of a table that are there more than once, and how often.
-- `{table}` and `{columns}` are filled in by warehouse/incoming_claims.py; rows are compared by their hash first.
select line.*, count(*) as copies
from {table} as line
where hash({columns}) in (
    select hashed.row_hash from (select hash({columns}) as row_hash from {table}) as hashed
    group by hashed.row_hash having count(*) > 1
) and {condition}
group by all
having count(*) > 1
