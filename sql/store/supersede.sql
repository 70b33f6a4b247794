-- claim: Moves the slices named in `replaced` to what was believed before; one transaction with what replaces them.
insert into pull_superseded
select pull.*, replaced.superseded_at from pull join replaced using (as_of, provider, pull_key);
insert into cell_superseded
select cell.*, replaced.superseded_at from cell join replaced using (as_of, provider, pull_key);
insert into balance_superseded
select balance.*, replaced.superseded_at from balance join replaced using (as_of, provider, pull_key);
delete from pull using replaced
where pull.as_of = replaced.as_of and pull.provider = replaced.provider and pull.pull_key = replaced.pull_key;
delete from cell using replaced
where cell.as_of = replaced.as_of and cell.provider = replaced.provider and cell.pull_key = replaced.pull_key;
delete from balance using replaced
where balance.as_of = replaced.as_of and balance.provider = replaced.provider and balance.pull_key = replaced.pull_key;
