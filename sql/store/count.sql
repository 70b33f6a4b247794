-- claim: A wallet's token that stands for a position counts once, whichever provider says which, whenever it came.
-- A token is a receipt for an account with a position in a protocol if any position there was ever known by it: a
-- provider that for once names the pool instead of the receipt would otherwise count both. A native coin never is one,
-- and a position that holds nothing stands for nothing.
-- Recomputed for one instant, so that it holds however often and in whatever order the instant's answers arrived.
create or replace temp table receipt as
select distinct held.account_id, known.contract_id as asset_id
from position as held
join (
    select distinct position.chain_id, position.protocol_id, position.contract_id
    from position
    where position.as_of <= getvariable('counted_at') and position.contract_id not like '%/slip44:%'
) as known on known.chain_id = held.chain_id and known.protocol_id = held.protocol_id
where held.as_of = getvariable('counted_at')
    and exists (
        from balance as leg
        where leg.as_of = getvariable('counted_at') and leg.provider = held.provider
            and leg.account_id = held.account_id and leg.chain_id = held.chain_id
            and leg.position_id = held.position_id
    );
create or replace temp table recounted as
select distinct balance.provider, balance.pull_key, balance.account_id, balance.chain_id
from balance
left join receipt on receipt.account_id = balance.account_id and receipt.asset_id = balance.asset_id
where balance.as_of = getvariable('counted_at') and balance.layer = 'wallet' and balance.is_counted = (receipt.asset_id is not null);
update balance
set is_counted = (balance.account_id, balance.asset_id) not in (select (receipt.account_id, receipt.asset_id) from receipt)
where balance.as_of = getvariable('counted_at')
    and balance.layer = 'wallet'
    and (balance.provider, balance.pull_key, balance.account_id, balance.chain_id) in (
        select (recounted.provider, recounted.pull_key, recounted.account_id, recounted.chain_id) from recounted
    );
update cell
set value_usd = counted.value_usd
from (
    -- zero: an answer may hold nothing that counts; how many of its rows have no price is counted beside it
    select recounted.*, coalesce(sum(balance.value_usd) filter (where balance.is_counted), 0) as value_usd
    from recounted
    join balance using (provider, pull_key, account_id, chain_id)
    where balance.as_of = getvariable('counted_at') and balance.layer = 'wallet'
    group by all
) as counted
where cell.as_of = getvariable('counted_at')
    and cell.layer = 'wallet'
    and cell.provider = counted.provider
    and cell.pull_key = counted.pull_key
    and cell.account_id = counted.account_id
    and cell.chain_id = counted.chain_id;
