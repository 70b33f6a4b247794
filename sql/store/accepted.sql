-- claim: Updates accepted: it says of what may be missing what the settings say.
delete from accepted;
insert into accepted by name from incoming_accepted;
