-- claim: Makes listedreceipt say what the list that ships says.
delete from listedreceipt;
insert into listedreceipt by name from incoming_listedreceipt;
