-- claim: Adds what comes in to `{table}`, by name, so that a column that is absent is an error of the schema test.
insert into {table} by name from incoming_{table};
