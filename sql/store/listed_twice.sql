-- claim: Updates balance, cell: an asset that several pulls of a provider list in one cell counts once, by the first of them.
-- A vendor that is asked for groups of assets and for single ones may list the same coin in both answers.
-- Read and changed is one instant alone, and only cells that several pulls cover together.
create or replace temp table listed_twice as
select further.provider, further.pull_key, further.account_id, further.chain_id, further.layer, further.position_id, further.asset_id
from (
    select balance.*,
        row_number() over (
            partition by balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.position_id, balance.asset_id
            order by balance.pull_key
        ) as place
    from balance
    where balance.as_of = getvariable('counted_at') and balance.is_counted
) as further
where further.place > 1;
update balance
set is_counted = false
from listed_twice
where balance.as_of = getvariable('counted_at') and balance.provider = listed_twice.provider
    and balance.pull_key = listed_twice.pull_key and balance.account_id = listed_twice.account_id
    and balance.chain_id = listed_twice.chain_id and balance.layer = listed_twice.layer
    and balance.position_id = listed_twice.position_id and balance.asset_id = listed_twice.asset_id;
update cell
set value_usd = counted.value_usd
from (
    select balance.provider, balance.pull_key, balance.account_id, balance.chain_id, balance.layer,
        -- zero: an answer may hold nothing that counts; how many of its rows have no price is counted beside it
        coalesce(sum(balance.value_usd) filter (where balance.is_counted), 0) as value_usd
    from balance
    semi join listed_twice using (provider, pull_key, account_id, chain_id, layer)
    where balance.as_of = getvariable('counted_at')
    group by all
) as counted
where cell.as_of = getvariable('counted_at') and cell.provider = counted.provider and cell.pull_key = counted.pull_key
    and cell.account_id = counted.account_id and cell.chain_id = counted.chain_id and cell.layer = counted.layer;
