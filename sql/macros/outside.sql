-- macro: What stands outside of every total: what answers list on chains that nobody watches, and cells that nobody is asked for.
-- A chain that some answer lists is left out here where any provider was planned for it and the account. Of several providers
-- that list it, the first in the order of record counts. Spam, ignored assets and receipts of positions are left out.
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
-- column could_ask: The providers that would cover the cell, were they enabled.
-- column value_usd: Booked value of what is listed, US dollars, none where nothing of it has a price.
-- column holdings: How many assets are listed.
-- column unpriced_count: How many of them have no known value.
-- column observed_at: When the answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
create or replace macro outside(since, until, account, account_group) as table
with
    mine as (from accounts_meant(account, account_group)),
    listed as (
        select unwatched.as_of, unwatched.account_id, unwatched.chain_id, unwatched.layer, unwatched.provider,
            min(unwatched.record_rank) as record_rank,
            sum(unwatched.value_usd)::decimal(38, 6) as value_usd,
            count(*)::integer as holdings,
            (count(*) filter (where unwatched.value_usd is null))::integer as unpriced_count,
            max(pull.observed_at) as observed_at,
            min(pull.effective_at) as effective_at
        from unwatched
        join pull
            on pull.as_of = unwatched.as_of and pull.provider = unwatched.provider and pull.pull_key = unwatched.pull_key
        left join asset_ruling as ruled
            on ruled.asset_id = unwatched.asset_id and unwatched.as_of >= ruled.since and unwatched.as_of < ruled.until
        where unwatched.as_of between since_meant(since) and until_meant(until) and ruled.exclusion is null
            and not exists (
                from unwatched as leg
                where unwatched.layer = 'wallet' and leg.contract_id = unwatched.asset_id and leg.as_of = unwatched.as_of
                    and leg.account_id = unwatched.account_id and leg.chain_id = unwatched.chain_id
            )
        group by unwatched.as_of, unwatched.account_id, unwatched.chain_id, unwatched.layer, unwatched.provider
    ),
    seen as (
        select listed.*
        from listed
        where not exists (
            from cell
            where cell.as_of = listed.as_of and cell.account_id = listed.account_id and cell.chain_id = listed.chain_id
        )
        qualify row_number() over (
            partition by listed.as_of, listed.account_id, listed.chain_id, listed.layer
            order by listed.record_rank, listed.provider
        ) = 1
    )
select seen.as_of, seen.account_id, mine.label, seen.chain_id, seen.layer, 'not_watched' as status, null::varchar as reason,
    seen.provider, []::varchar[] as could_ask, seen.value_usd, seen.holdings, seen.unpriced_count, seen.observed_at, seen.effective_at
from seen
join mine on mine.account_id = seen.account_id
union all
select snapshot.as_of, uncovered.account_id, mine.label, uncovered.chain_id, uncovered.layer, 'not_covered',
    case when len(uncovered.could_ask) > 0 then 'not_enabled' else 'no_provider' end,
    null, uncovered.could_ask, null, null, null, null, null
from snapshot
join uncovered on uncovered.uncovered_id = snapshot.uncovered_id
join mine on mine.account_id = uncovered.account_id
where snapshot.as_of between since_meant(since) and until_meant(until)
