-- table: One row a tick and cell in scope, with names for people and the last value known before a gap.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The account's name in the settings.
-- column address: The account's address as people read it.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column is_recorded: Whether a trusted answer is of record.
-- column is_counted: Whether the cell belongs to the value; unclaimed rewards stand beside it.
-- column reason: Why nothing is of record, one code, none where something is.
-- column provider: The provider of record, none where nothing is.
-- column is_fallback: Whether it stands in for one that comes before it in the order of record.
-- column value_usd: Booked value of record, US dollars.
-- column stated_value_usd: The provider's own total of record, US dollars.
-- column last_known_usd: The last booked value before this instant, US dollars.
-- column last_known_as_of: The instant of that value, UTC.
-- column missing_instants: How many instants this one is behind it.
-- column row_count: How many assets the record holds.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column excluded_count: How many assets are left out as spam or by the settings.
-- column excluded_usd: What they are worth where they have a price, US dollars.
-- column held_count: How many assets of the record are not left out.
-- column valued_count: How many of those have a value.
-- column stale_count: How many of them have the last believed price instead of one of this instant.
-- column stale_usd: What those are worth, debts as positive, US dollars.
-- column withheld: Why prices withhold its value, one code: price_unconfirmed, unpriced or receipt_uncovered; none where they do not.
-- column is_valued: Whether the value of its record is known.
-- column stand_in_usd: What holdings whose price withholds the value would be worth at the last believed price, US dollars.
-- column stand_in_gross_usd: The same with debts as positive, US dollars.
-- column observed_at: When the answer of record arrived, UTC.
-- column effective_at: The instant the record is true for, UTC.
with
    numbered as (
        select cell_status.*,
            row_number() over (
                partition by cell_status.account_id, cell_status.chain_id, cell_status.layer order by cell_status.as_of
            ) as number
        from cell_status
        where cell_status.is_in_scope
    )
select
    cell_status.as_of, cell_status.account_id, named.label, named.address, cell_status.chain_id,
    cell_status.layer, cell_status.is_recorded, cell_status.layer <> 'reward' as is_counted,
    cell_status.reason, cell_status.provider, cell_status.is_fallback, cell_status.value_usd, cell_status.stated_value_usd,
    last_value(cell_status.value_usd ignore nulls) over until_before as last_known_usd,
    last_value(case when cell_status.value_usd is not null then cell_status.as_of end ignore nulls) over until_before
        as last_known_as_of,
    cell_status.number
        - last_value(case when cell_status.value_usd is not null then cell_status.number end ignore nulls) over until_before
        as missing_instants,
    cell_status.row_count, cell_status.unpriced_count, cell_status.quarantined_count,
    cell_status.excluded_count, cell_status.excluded_usd, cell_status.held_count, cell_status.valued_count, cell_status.stale_count, cell_status.stale_usd,
    cell_status.withheld, cell_status.is_recorded and cell_status.withheld is null as is_valued, cell_status.stand_in_usd, cell_status.stand_in_gross_usd,
    cell_status.observed_at, cell_status.effective_at
from numbered as cell_status
left join account as named on named.account_id = cell_status.account_id
window until_before as (
    partition by cell_status.account_id, cell_status.chain_id, cell_status.layer
    order by cell_status.as_of
    rows between unbounded preceding and 1 preceding
)
