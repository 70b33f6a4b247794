-- claim: Updates listed: the tokens that token lists and settings name, whenever these change.
delete from listed;
insert into listed by name from incoming_listed;
