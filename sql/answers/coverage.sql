-- question: Which cell has a record at which instant, from whom, and why not?
-- One row a tick and planned cell: nothing that was expected is left out, nothing that was not taken is hidden. Beside them
-- stand cells that answers list though nobody watches their chain; what nobody is asked for is in outside().
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter provider: Only cells of which this provider is of record; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column status varchar: recorded, missing, accepted where the settings accept that it is missing, out_of_scope where it is not yet or no longer part; not_watched outside of the total.
-- column reason varchar: Why nothing is of record, one code, none where something is.
-- column provider varchar: The provider of record, none where nothing is; of what is not watched, who lists it.
-- column is_fallback boolean: Whether it stands in for one that comes before it in the order of record.
-- column value_usd decimal(38,6): Booked value of record, or of what is not watched, US dollars.
-- column holdings integer: How many assets the record holds.
-- column unpriced_count integer: How many of them have no known price.
-- column observed_at timestamp: When the answer of record arrived, UTC.
-- column effective_at timestamp: The instant the record is true for, UTC.
create or replace macro coverage(
    since := null, until := null, account := null, account_group := null, chain := null, provider := null
) as table
with mine as (from accounts_meant(account, account_group))
select *
from (
    select
        cell_status.as_of, cell_status.account_id, named.label, cell_status.chain_id, cell_status.layer,
        case
            when cell_status.accepted_reason is not null then 'accepted'
            when not is_in_scope then 'out_of_scope'
            when is_recorded then 'recorded'
            else 'missing'
        end as status,
        cell_status.reason, cell_status.provider, cell_status.is_fallback, cell_status.value_usd, cell_status.row_count as holdings,
        cell_status.unpriced_count, cell_status.observed_at, cell_status.effective_at
    from cell_status
    join mine as named on named.account_id = cell_status.account_id
    where cell_status.as_of between since_meant(since) and until_meant(until)
    union all
    select seen.as_of, seen.account_id, named.label, seen.chain_id, seen.layer, 'not_watched', null, seen.provider, null,
        seen.value_usd, seen.holdings, seen.unpriced_count, seen.observed_at, seen.effective_at
    from unwatched_cell as seen
    join mine as named on named.account_id = seen.account_id
    where seen.as_of between since_meant(since) and until_meant(until)
) as covered
where (chain is null or covered.chain_id = chain::varchar)
    and (provider is null or covered.provider = provider::varchar)
order by covered.as_of, covered.label, covered.chain_id, covered.layer
