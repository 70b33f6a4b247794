-- claim: Makes the table of rules say what the settings say.
delete from rule;
insert into rule by name from incoming_rule;
