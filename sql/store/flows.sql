-- claim: Makes the tables of flows say of the imported accounts what the import says, and of no other account anything.
delete from flow using incoming_flowspan where flow.account_id = incoming_flowspan.account_id;
delete from flowspan using incoming_flowspan where flowspan.account_id = incoming_flowspan.account_id;
insert into flow by name from incoming_flow;
insert into flowspan by name from incoming_flowspan;
