-- question: What was it worth at an instant, as far as that was known at another instant, in total, by account and by chain?
-- The same as current_value, from what providers had said by then: later answers, later doubts and instants that were taken later do
-- not exist for it, nor does what they did to who was of record. Of today are the settings: names, groups and bounds of accounts, rules
-- for assets, which names are spam, and which ticks were due. With `known_at` now it is current_value.
-- parameter as_of: The instant, UTC; the last tick known then at or before it counts; default the last one.
-- parameter known_at: When it is to be known, date or instant in UTC, a date is its first instant; default now.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What the row adds up: total, account or chain.
-- column id varchar: Which of them: the account id or the CAIP-2 chain id, all for the total.
-- column name varchar: The account's label or the chain id, for people.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope had no record.
-- column known_value_usd decimal(38,6): Booked value of the cells that had a record, US dollars.
-- column stated_value_usd double: The sum of the providers' own totals, US dollars, NULL where one states none.
-- column cells bigint: How many cells were in scope.
-- column missing_cells bigint: How many of them had no record.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered, unpriced or nothing_priced.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column withheld_cells varchar[]: Each recorded cell whose value was not known because of a price, as account / chain / layer: reason.
-- column stale_count bigint: How many holdings had the last believed price instead of one of the instant.
-- column stale_priced_usd decimal(38,6): What they were worth at it, debts as positive, US dollars.
-- column holdings bigint: How many assets were held.
-- column unpriced_count bigint: How many of them had no known price.
-- column quarantined_count bigint: How many of them had an unbelievable price.
-- column excluded_count bigint: How many of them are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What those are worth where they have a price, US dollars.
-- column providers varchar[]: Who was of record in the cells of the row.
create or replace macro believed(
    as_of := null, known_at := null, account := null, account_group := null, chain := null
) as table
with
{beliefs},
    of_record as (
        select
            case when grouping(cells.account_id) = 0 then 'account' when grouping(cells.chain_id) = 0 then 'chain' else 'total' end
                as kind,
            coalesce(cells.account_id, cells.chain_id, 'all') as part,
            coalesce(list(distinct cells.provider order by cells.provider) filter (cells.provider is not null), []) as providers
        from cells_at(as_of, account, account_group, chain) as cells
        where cells.is_counted
        group by grouping sets ((), (cells.account_id), (cells.chain_id))
    )
select told.* exclude (estimated_value_usd, uncertainty_usd), of_record.providers
from current_value(as_of := as_of, account := account, account_group := account_group, chain := chain) as told
join of_record on of_record.kind = told.per and of_record.part = told.id
order by array_position(['total', 'account', 'chain'], told.per), told.known_value_usd desc nulls last, told.id
