-- question: Which tokens did the wallets hold at an instant, at which price, and what share is each? (as 1inch tokens/snapshot)
-- By the provider of record of each wallet, tokens that do not count too, with the reason. A wallet without a record is one row without
-- an asset, with the reason: it is not empty. Where the record gives an amount as a float only, the exact one is that of
-- another trusted provider of the same wallet whose amount is the same to 14 digits; raw_origin names it.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column asset_id varchar: The asset as its CAIP-19 type, none where the wallet is missing.
-- column symbol varchar: Its symbol as a provider said last, untrusted text.
-- column name varchar: Its name as a provider said last, untrusted text.
-- column decimals smallint: How many decimals the base unit has.
-- column amount double: Amount in whole units, approximate beyond 15 digits.
-- column amount_raw varchar: Exact amount in base units, decimal digits, none where nobody gives it.
-- column raw_origin varchar: The provider that gave the exact amount.
-- column price_usd double: Price in US dollars a whole unit, none where it is not known.
-- column price_status varchar: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column price_origin varchar: Who made the price: stated, implied, residual, settings, carried from before, or a provider's name.
-- column value_usd decimal(18,6): Booked value in US dollars, none where the price is not known.
-- column share double: Value as a fraction of all known values that count in what is asked for, none where it does not count.
-- column group_id varchar: The group of assets that it belongs to, itself where there is none.
-- column is_counted boolean: Whether the row counts.
-- column exclusion varchar: Why it does not, one code: receipt (its position counts), ignored, spam or absurd.
-- column withheld varchar: Why its price withholds the value of the whole, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
-- column missing_reason varchar: Why the wallet has no record, one code, none where it has.
-- column provider varchar: The provider of record.
-- column observed_at timestamp: When the answer arrived, UTC.
-- column effective_at timestamp: The instant the answer is true for, UTC.
create or replace macro tokens_snapshot(as_of := null, account := null, account_group := null, chain := null) as table
with
    asked as (select last_instant(as_of) as instant),
    cells as (
        select * from cells_at(as_of, account, account_group, chain) as cell where cell.layer = 'wallet'
    ),
    held as (
        select holding.*
        from holding
        where holding.as_of = (select asked.instant from asked) and holding.layer = 'wallet'
    ),
    exact as (
        select cells.account_id, cells.chain_id, record.asset_id, unnest(arg_min(
            struct_pack(exact_raw := beside.amount_raw, exact_decimals := beside.decimals, exact_origin := beside.provider),
            (answer.record_rank, answer.provider, beside.pull_key)
        ))
        from cells
        join held as record
            on record.provider = cells.provider and record.account_id = cells.account_id and record.chain_id = cells.chain_id
            and record.amount_raw is null
        join held as beside
            on beside.account_id = record.account_id and beside.chain_id = record.chain_id
            and beside.asset_id = record.asset_id and beside.amount_raw is not null
            and abs(beside.amount - record.amount) <= 1e-14 * abs(record.amount)
        join cell_answer as answer
            on answer.as_of = (select asked.instant from asked) and answer.provider = beside.provider
            and answer.account_id = beside.account_id and answer.chain_id = beside.chain_id
            and answer.layer = 'wallet' and answer.is_trusted
        group by cells.account_id, cells.chain_id, record.asset_id
    )
select
    cells.as_of as as_of, cells.account_id, cells.label, cells.chain_id, held.asset_id, described.symbol, described.name,
    coalesce(held.decimals, exact.exact_decimals, described.decimals) as decimals, held.amount,
    coalesce(held.amount_raw, exact.exact_raw) as amount_raw,
    case when held.amount_raw is not null then held.provider else exact.exact_origin end as raw_origin,
    held.price_usd, held.price_status, held.price_origin, held.value_usd,
    case when held.is_counted
        then (held.value_usd / nullif(sum(held.value_usd) filter (where held.is_counted) over (), 0))::double end as share,
    coalesce(asset_group.group_id, held.asset_id) as group_id, held.is_counted, held.exclusion, held.withheld,
    cells.reason as missing_reason, cells.provider, cells.observed_at, cells.effective_at
from cells
left join held
    on held.provider = cells.provider and held.account_id = cells.account_id and held.chain_id = cells.chain_id
left join exact
    on exact.account_id = cells.account_id and exact.chain_id = cells.chain_id and exact.asset_id = held.asset_id
left join described on described.asset_id = held.asset_id
left join asset_group on asset_group.asset_id = held.asset_id
where held.asset_id is not null or not cells.is_recorded
order by cells.label, cells.chain_id, held.value_usd desc nulls last, held.asset_id
