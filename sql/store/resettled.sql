-- claim: A stored answer that counts otherwise, or is doubted otherwise, because of what came beside it is a new belief.
-- How it stood moves to what was believed before, cell and rows; answers that were replaced themselves are there already.
create or replace temp table resettled as
select cell.provider, cell.pull_key, cell.account_id, cell.chain_id, cell.layer
from cell
join cell_before using (as_of, provider, pull_key, account_id, chain_id, layer, recorded_at)
where cell.recorded_at < getvariable('settled_at')
    and (cell.value_usd is distinct from cell_before.value_usd or cell.doubt is distinct from cell_before.doubt);
insert into cell_superseded
select cell_before.*, getvariable('settled_at') as superseded_at
from cell_before
semi join resettled using (provider, pull_key, account_id, chain_id, layer);
insert into balance_superseded
select balance_before.*, getvariable('settled_at') as superseded_at
from balance_before
semi join resettled using (provider, pull_key, account_id, chain_id, layer);
update cell
set recorded_at = getvariable('settled_at')
from resettled
where cell.as_of = getvariable('counted_at') and cell.provider = resettled.provider and cell.pull_key = resettled.pull_key
    and cell.account_id = resettled.account_id and cell.chain_id = resettled.chain_id and cell.layer = resettled.layer;
update balance
set recorded_at = getvariable('settled_at')
from resettled
where balance.as_of = getvariable('counted_at') and balance.provider = resettled.provider
    and balance.pull_key = resettled.pull_key and balance.account_id = resettled.account_id
    and balance.chain_id = resettled.chain_id and balance.layer = resettled.layer;
