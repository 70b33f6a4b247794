-- question: What was held at an instant, how much of it, at which price, and who says so?
-- A cell in scope without a record is one row without an asset, with the reason: it is not an empty wallet.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter provider: What this provider says, of record or not; default the provider of record of each cell.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column position_id varchar: The provider's id of the position, empty for plain tokens.
-- column asset_id varchar: The asset as its CAIP-19 type, none where the cell is missing.
-- column amount_raw varchar: Exact amount in base units, decimal digits, none where only a float is given.
-- column decimals smallint: How many decimals the base unit has.
-- column amount double: Amount in whole units, approximate beyond 15 digits.
-- column price_usd double: Price in US dollars a whole unit, none where it is not known.
-- column price_status varchar: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column value_usd decimal(18,6): Booked value in US dollars, none where the price is not known.
-- column stated_value_usd double: The provider's value in US dollars, bit for bit.
-- column price_origin varchar: Who made the price: stated, implied, residual, settings, carried from before, or a provider's name.
-- column is_counted boolean: Whether the row counts.
-- column exclusion varchar: Why it does not, one code: receipt (its position counts), ignored, spam or absurd.
-- column withheld varchar: Why its price withholds the value of the whole, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
-- column missing_reason varchar: Why the cell has no record, one code, none where it has.
-- column provider varchar: The provider that says so: the one of record unless one was asked for.
-- column observed_at timestamp: When the answer arrived, UTC.
-- column effective_at timestamp: The instant the answer is true for, UTC.
-- column lag_seconds double: Seconds from as_of to effective_at, negative when before.
-- column is_exact_instant boolean: Whether the provider was asked for the instant itself.
create or replace macro balances_at(
    as_of := null, account := null, account_group := null, chain := null, provider := null
) as table
with
    asked as (select last_instant(as_of) as instant),
    mine as (from accounts_meant(account, account_group)),
    cells as (
        select cell.as_of, cell.account_id, cell.label, cell.chain_id, cell.layer, cell.is_recorded, cell.reason,
            cell.provider as said_by, cell.observed_at, cell.effective_at
        from cells_at(as_of, account, account_group, chain) as cell
        where provider is null
        union all
        select answer.as_of, answer.account_id, mine.label, answer.chain_id, answer.layer, answer.is_trusted, answer.reason,
            answer.provider, answer.observed_at, answer.effective_at
        from cell_answer as answer
        join mine on mine.account_id = answer.account_id
        where answer.provider = provider::varchar and answer.as_of = (select asked.instant from asked)
            and (chain is null or answer.chain_id = chain::varchar)
    )
select
    cells.as_of as as_of, cells.account_id, cells.label, cells.chain_id, cells.layer,
    holding.position_id, holding.asset_id, holding.amount_raw, holding.decimals, holding.amount,
    holding.price_usd, holding.price_status, holding.value_usd, holding.stated_value_usd, holding.price_origin,
    holding.is_counted, holding.exclusion, holding.withheld,
    cells.reason as missing_reason, cells.said_by as provider, cells.observed_at, cells.effective_at,
    pull.lag_seconds, pull.is_exact_instant
from cells
left join holding
    on holding.as_of = (select instant from asked)
    and holding.as_of = cells.as_of
    and holding.provider = cells.said_by
    and holding.account_id = cells.account_id
    and holding.chain_id = cells.chain_id
    and holding.layer = cells.layer
left join pull
    on pull.as_of = cells.as_of and pull.provider = cells.said_by and pull.pull_key = holding.pull_key
where holding.asset_id is not null or not cells.is_recorded
order by cells.label, cells.chain_id, cells.layer, holding.value_usd desc nulls last, holding.asset_id
