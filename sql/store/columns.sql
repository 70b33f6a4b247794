-- claim: The columns of a table as its schema has them: name, DuckDB type, whether every row has a value, comment.
select column_name, data_type, not is_nullable as is_required, comment
from duckdb_columns()
where database_name = $database and table_name = $table
order by column_index
