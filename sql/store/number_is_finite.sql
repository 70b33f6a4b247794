-- claim: The rows of a table with a number that is none, or without end.
-- `{table}`, `{columns}` and `{condition}` are filled in by warehouse/incoming_claims.py.
select {columns} from {table} where {condition}
