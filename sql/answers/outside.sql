-- question: What stands outside of every total: holdings on chains that nobody watches, cells that nobody is asked for, gaps that are accepted?
-- One row a cell at each instant. None of them makes a total NULL.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column status varchar: not_watched, not_covered where no provider is asked, or left_out where the settings accept that it is missing.
-- column reason varchar: Of a cell that is not covered: not_enabled where a provider would cover it, else no_provider; of one that is left out the settings' own words.
-- column provider varchar: The provider that lists what is not watched.
-- column could_ask varchar[]: The providers that would cover the cell, were they enabled.
-- column value_usd decimal(38,6): Booked value of what is listed, US dollars, none where nothing of it has a price.
-- column holdings integer: How many assets are listed.
-- column unpriced_count integer: How many of them have no known value.
create or replace macro outside(since := null, until := null, account := null, account_group := null) as table
with mine as (from accounts_meant(account, account_group))
select seen.as_of, seen.account_id, mine.label, seen.chain_id, seen.layer, 'not_watched' as status, null::varchar as reason,
    seen.provider, null::varchar[] as could_ask, seen.value_usd, seen.holdings, seen.unpriced_count
from unwatched_cell as seen
join mine on mine.account_id = seen.account_id
where seen.as_of between since_meant(since) and until_meant(until)
union all
select snapshot.as_of, uncovered.account_id, mine.label, uncovered.chain_id, uncovered.layer, 'not_covered',
    case when len(uncovered.could_ask) > 0 then 'not_enabled' else 'no_provider' end,
    null, uncovered.could_ask, null, null, null
from snapshot
join uncovered on uncovered.uncovered_id = snapshot.uncovered_id
join mine on mine.account_id = uncovered.account_id
where snapshot.as_of between since_meant(since) and until_meant(until)
union all
select cell_status.as_of, cell_status.account_id, mine.label, cell_status.chain_id, cell_status.layer, 'left_out',
    cell_status.accepted_reason, null, null, null, null, null
from cell_status
join mine on mine.account_id = cell_status.account_id
where cell_status.accepted_reason is not null and cell_status.as_of between since_meant(since) and until_meant(until)
order by as_of, label, chain_id, layer
