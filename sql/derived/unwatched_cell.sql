-- table: One row an account, chain and layer at an instant that some answer lists though nobody watches the chain.
-- A chain for which any provider was planned is none of them. Of several providers that list one, the first in the order of record
-- counts. Spam, ignored assets and receipts of positions are left out.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column provider: The provider that lists it.
-- column value_usd: Booked value of what is listed, US dollars, none where nothing of it has a price.
-- column holdings: How many assets are listed.
-- column unpriced_count: How many of them have no known value.
-- column observed_at: When the answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
with
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
        left join (select distinct leg.as_of, leg.account_id, leg.chain_id, leg.contract_id from unwatched as leg) as receipt
            on unwatched.layer = 'wallet' and receipt.contract_id = unwatched.asset_id and receipt.as_of = unwatched.as_of
            and receipt.account_id = unwatched.account_id and receipt.chain_id = unwatched.chain_id
        where ruled.exclusion is null and receipt.contract_id is null
        group by unwatched.as_of, unwatched.account_id, unwatched.chain_id, unwatched.layer, unwatched.provider
    )
select listed.as_of, listed.account_id, listed.chain_id, listed.layer, listed.provider, listed.value_usd, listed.holdings,
    listed.unpriced_count, listed.observed_at, listed.effective_at
from listed
anti join cell on cell.as_of = listed.as_of and cell.account_id = listed.account_id and cell.chain_id = listed.chain_id
qualify row_number() over (
    partition by listed.as_of, listed.account_id, listed.chain_id, listed.layer
    order by listed.record_rank, listed.provider
) = 1
