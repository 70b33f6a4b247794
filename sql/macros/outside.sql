-- macro: What stands outside of every total: what answers list on chains that nobody watches, and cells that nobody is asked for.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The account's name in the settings.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column status: not_watched, or not_covered where no provider is asked.
-- column reason: Of a cell that is not covered: not_enabled where a provider would cover it, else no_provider.
-- column provider: Who lists what is not watched.
-- column value_usd: Booked value of what is listed, US dollars, none where nothing of it has a price.
-- column holdings: How many assets are listed.
-- column unpriced_count: How many of them have no known value.
-- column observed_at: When the answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
create or replace macro outside(since, until, account, account_group) as table
with mine as (from accounts_meant(account, account_group))
select seen.as_of, seen.account_id, mine.label, seen.chain_id, seen.layer, 'not_watched' as status, null::varchar as reason,
    seen.provider, seen.value_usd, seen.holdings, seen.unpriced_count, seen.observed_at, seen.effective_at
from unwatched_cell as seen
join mine on mine.account_id = seen.account_id
where seen.as_of between since_meant(since) and until_meant(until)
union all
select snapshot.as_of, uncovered.account_id, mine.label, uncovered.chain_id, uncovered.layer, 'not_covered',
    case when len(uncovered.could_ask) > 0 then 'not_enabled' else 'no_provider' end,
    null, null, null, null, null, null
from snapshot
join uncovered on uncovered.uncovered_id = snapshot.uncovered_id
join mine on mine.account_id = uncovered.account_id
where snapshot.as_of between since_meant(since) and until_meant(until)
