-- claim: Names every table, view and macro that lies in the file, whoever made it.
select 'view' as kind, duckdb_views.schema_name, duckdb_views.view_name as name
from duckdb_views()
where not duckdb_views.internal and duckdb_views.database_name = current_database()
union all
select 'table' as kind, duckdb_tables.schema_name, duckdb_tables.table_name as name
from duckdb_tables()
where not duckdb_tables.internal and duckdb_tables.database_name = current_database()
union all
select distinct
    if(duckdb_functions.function_type = 'macro', 'macro', 'macro table') as kind,
    duckdb_functions.schema_name,
    duckdb_functions.function_name as name
from duckdb_functions()
where not duckdb_functions.internal and duckdb_functions.database_name = current_database()
order by all desc
