-- claim: The rows of a table with an id that holds a control character.
-- `{table}`, `{columns}` and `{condition}` are filled in by warehouse/incoming_claims.py.
select {columns} from {table} where {condition}
