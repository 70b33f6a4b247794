-- macro: The accounts that the settings no longer list, with what they held when they were last recorded.
-- column label: The account's name in the settings that listed it.
-- column last_as_of: The last instant at which a cell of it has a record, UTC.
-- column value_usd: Booked value of its recorded cells then, unclaimed rewards aside, US dollars.
create or replace macro removed_accounts() as table
with
    last as (
        select cell_status.account_id, max(cell_status.as_of) as last_as_of
        from cell_status
        join account on account.account_id = cell_status.account_id
        where cell_status.is_recorded and not account.is_watched
        group by cell_status.account_id
    )
select account.label, last.last_as_of,
    (sum(cell_status.value_usd) filter (where cell_status.layer <> 'reward'))::decimal(38, 6) as value_usd
from last
join account on account.account_id = last.account_id
join cell_status on cell_status.account_id = last.account_id and cell_status.as_of = last.last_as_of
group by account.account_id, account.label, last.last_as_of
order by account.label
