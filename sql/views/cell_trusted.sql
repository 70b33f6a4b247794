-- view: One row a cell of a provider whose answer can be of record.
-- An answer that holds nothing is trusted when it was observed within the grace; one that was asked for later is
-- trusted once the same provider says nothing at a neighbouring tick too: some endpoints answer an unknown past with
-- an empty list.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that answered.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column record_rank: The provider's place in the order of record.
-- column value_usd: Booked value of the cell in US dollars.
-- column stated_value_usd: The provider's own total of the cell, US dollars.
-- column row_count: How many assets the answer held.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column observed_at: When the answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
select
    cell.as_of, cell.provider, cell.account_id, cell.chain_id, cell.layer, cell.record_rank,
    cell.value_usd, cell.stated_value_usd, cell.row_count, cell.unpriced_count, cell.quarantined_count,
    cell.observed_at, cell.effective_at
from cell
where cell.outcome = 'answered'
union all by name
select
    cell.as_of, cell.provider, cell.account_id, cell.chain_id, cell.layer, cell.record_rank,
    cell.value_usd, cell.stated_value_usd, cell.row_count, cell.unpriced_count, cell.quarantined_count,
    cell.observed_at, cell.effective_at
from cell
join snapshot on snapshot.as_of = cell.as_of
where cell.outcome = 'empty'
    and (
        cell.observed_at <= cell.as_of + to_minutes(snapshot.grace_minutes)
        or exists (
            from tick_neighbour
            join cell as beside on beside.as_of in (tick_neighbour.previous_as_of, tick_neighbour.next_as_of)
            where tick_neighbour.as_of = cell.as_of
                and beside.provider = cell.provider
                and beside.account_id = cell.account_id
                and beside.chain_id = cell.chain_id
                and beside.layer = cell.layer
                and beside.outcome = 'empty'
        )
    )
