-- question: What is it worth at an instant, in total, by account and by chain?
-- Stands in for 1inch general/current_value. A value is NULL as soon as one of its cells in scope has no record.
-- parameter as_of: The instant, UTC; the last snapshot at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What the row adds up: total, account or chain.
-- column id varchar: Which of them: the account id or the CAIP-2 chain id, all for the total.
-- column name varchar: The account's label or the chain id, for people.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column stated_value_usd double: The sum of the providers' own totals, US dollars, NULL where one states none.
-- column cells bigint: How many cells are in scope.
-- column missing_cells bigint: How many of them have no record.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column holdings bigint: How many assets are held.
-- column unpriced_count bigint: How many of them have no known price.
-- column quarantined_count bigint: How many of them have an unbelievable price.
-- column excluded_count bigint: How many of them are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What those are worth where they have a price, US dollars.
create or replace macro current_value(
    as_of := null, account := null, account_group := null, chain := null
) as table
with
    cells as (
        select * from cells_at(as_of, account, account_group, chain) as cell where cell.is_counted
    )
select
    max(cells.as_of) as as_of,
    case when grouping(account_id) = 0 then 'account' when grouping(chain_id) = 0 then 'chain' else 'total' end as per,
    coalesce(account_id, chain_id, 'all') as id,
    coalesce(label, chain_id, 'all') as name,
    case when bool_and(is_recorded) then sum(value_usd) end as value_usd,
    sum(value_usd) as known_value_usd,
    case when count(stated_value_usd) = count(*)
        then list_sum(list(stated_value_usd order by account_id, chain_id, layer)) end as stated_value_usd,
    count(*) as cells,
    count(*) filter (not is_recorded) as missing_cells,
    coalesce(
        list(label || ' / ' || chain_id || ' / ' || layer || ': ' || reason order by label, chain_id, layer)
            filter (not is_recorded),
        []
    ) as missing,
    sum(row_count)::bigint as holdings,
    sum(unpriced_count)::bigint as unpriced_count,
    sum(quarantined_count)::bigint as quarantined_count,
    sum(excluded_count)::bigint as excluded_count,
    sum(excluded_usd)::decimal(38, 6) as excluded_usd
from cells
group by grouping sets ((), (account_id, label), (chain_id))
having count(*) > 0
order by grouping(account_id, chain_id) desc, known_value_usd desc nulls last, id
