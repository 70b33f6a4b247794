-- claim: Adds what comes in to the history, by name, so that a column that is absent is an error of the schema test.
insert into pull by name from incoming_pull;
insert into cell by name from incoming_cell;
insert into balance by name from incoming_balance;
