-- claim: A wallet's token that stands for a position counts once, whichever provider says which, whenever it came.
-- A token is no receipt of an account unless its own position was read at this instant: one that names the token as its contract, or, as
-- a provider may for once name the pool, one of the same protocol that no token of the wallet stands for, with an asset that the
-- token's position held when it was last read.
-- A native coin never is a receipt, and a position that holds nothing stands for nothing.
-- Recomputed for one instant, so that it holds however often and in whatever order the instant's answers arrived.
create or replace temp table receipt as
with
    read_leg as (
        select distinct held.account_id, held.chain_id, held.protocol_id, held.contract_id, leg.asset_id
        from position as held
        join balance as leg using (as_of, provider, account_id, chain_id, position_id)
        where held.as_of = getvariable('counted_at')
    ),
    candidate as (
        select distinct read_leg.account_id, read_leg.chain_id, read_leg.protocol_id, known.contract_id, known.last_as_of
        from read_leg
        join (
            select position.chain_id, position.protocol_id, position.contract_id, max(position.as_of) as last_as_of
            from position
            where position.as_of <= getvariable('counted_at') and position.contract_id not like '%/slip44:%'
            group by position.chain_id, position.protocol_id, position.contract_id
        ) as known using (chain_id, protocol_id)
        join balance as token
            on token.as_of = getvariable('counted_at') and token.layer = 'wallet'
            and token.account_id = read_leg.account_id and token.asset_id = known.contract_id
    )
select candidate.account_id, candidate.contract_id as asset_id
from candidate
join read_leg using (account_id, chain_id, protocol_id, contract_id)
union
select candidate.account_id, candidate.contract_id
from candidate
join position as last_read
    on last_read.as_of = candidate.last_as_of and last_read.chain_id = candidate.chain_id
    and last_read.protocol_id = candidate.protocol_id and last_read.contract_id = candidate.contract_id
join balance as leg
    on leg.as_of = last_read.as_of and leg.provider = last_read.provider and leg.account_id = last_read.account_id
    and leg.chain_id = last_read.chain_id and leg.position_id = last_read.position_id
join read_leg
    on read_leg.account_id = candidate.account_id and read_leg.chain_id = candidate.chain_id
    and read_leg.protocol_id = candidate.protocol_id and read_leg.asset_id = leg.asset_id
    and leg.layer = 'position'
where (read_leg.account_id, read_leg.contract_id) not in (
    select (own.account_id, own.asset_id) from balance as own where own.as_of = getvariable('counted_at') and own.layer = 'wallet'
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
