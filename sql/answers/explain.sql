-- question: What did each provider say of each cell at an instant, what of it counts, and why not the rest?
-- One row a planned cell and provider, and one for a cell that nobody was asked about because the tick was missed.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter provider: Only what this provider answered; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column provider varchar: The outside API family that was asked, none where the tick was missed.
-- column standing varchar: record, fallback, beside, missing, or out_of_scope where the cell is not yet or no longer part.
-- column reason varchar: Why it is not of record, one code, none where it is.
-- column value_usd decimal(38,6): What counts of its answer, US dollars.
-- column counted integer: How many rows count.
-- column excluded integer: How many rows do not, as receipts of positions, by the settings or as spam.
-- column excluded_usd decimal(38,6): Booked value of the rows that do not count, US dollars.
-- column unpriced_count integer: How many rows have no known price.
-- column borrowed_count integer: How many rows are priced by another provider.
-- column observed_at timestamp: When the answer arrived, UTC.
-- column effective_at timestamp: The instant the answer is true for, UTC.
-- column remedy varchar: What to do about it, in plain words, none where the cell has a record or is out of scope.
create or replace macro explain(as_of := null, account := null, account_group := null, chain := null, provider := null) as table
with
    mine as (from accounts_meant(account, account_group)),
    asked as (
        select max(cell_status.as_of) as instant
        from cell_status
        where as_of is null or cell_status.as_of <= instant_meant(as_of)
    ),
    cells as (
        select cell_status.*, named.label
        from cell_status
        join asked on cell_status.as_of = asked.instant
        join mine as named on named.account_id = cell_status.account_id
        where chain is null or cell_status.chain_id = chain::varchar
    ),
    rows_of as (
        select holding.provider, holding.account_id, holding.chain_id, holding.layer,
            count(*) filter (where holding.is_counted) as counted,
            count(*) filter (where not holding.is_counted) as excluded,
            sum(holding.value_usd) filter (where not holding.is_counted) as excluded_usd,
            count(*) filter (where holding.price_origin not in ('stated', 'implied', 'residual', 'settings')) as borrowed
        from holding
        where holding.as_of = (select instant from asked)
        group by holding.provider, holding.account_id, holding.chain_id, holding.layer
    ),
    asking as (
        select cell.provider, cell.account_id, cell.chain_id, cell.layer,
            bool_or(pull.is_exact_instant and cell.as_of = (select instant from asked)) as can_be_asked,
            bool_or(pull.is_exact_instant and pull.outcome in ('answered', 'empty')) as has_told
        from cell
        join pull on pull.as_of = cell.as_of and pull.provider = cell.provider and pull.pull_key = cell.pull_key
        group by cell.provider, cell.account_id, cell.chain_id, cell.layer
    ),
    remembered as (
        select asking.account_id, asking.chain_id, asking.layer, bool_or(asking.has_told) as can_be_filled
        from asking
        group by asking.account_id, asking.chain_id, asking.layer
    )
select
    cells.as_of as as_of, cells.account_id, cells.label, cells.chain_id, cells.layer, answer.provider,
    case
        when not cells.is_in_scope then 'out_of_scope'
        when answer.provider is null or not answer.is_trusted then 'missing'
        when answer.provider <> cells.provider then 'beside'
        when cells.is_fallback then 'fallback'
        else 'record'
    end as standing,
    case
        when answer.provider is null then cells.reason
        when not answer.is_trusted then answer.reason
        when answer.provider <> cells.provider and answer.is_in_office then 'behind:' || cells.provider
        when answer.provider <> cells.provider then 'returning'
    end as reason,
    answer.value_usd, rows_of.counted::integer as counted, rows_of.excluded::integer as excluded,
    rows_of.excluded_usd::decimal(38, 6) as excluded_usd, answer.unpriced_count,
    rows_of.borrowed::integer as borrowed_count, answer.observed_at, answer.effective_at,
    case
        when cells.is_recorded or not cells.is_in_scope then null
        when answer.provider is null then remedy_of(cells.reason, coalesce(remembered.can_be_filled, false))
        else remedy_of(answer.reason, coalesce(asking.can_be_asked, false))
    end as remedy
from cells
left join cell_answer as answer
    on answer.as_of = (select instant from asked)
    and answer.account_id = cells.account_id and answer.chain_id = cells.chain_id and answer.layer = cells.layer
left join rows_of
    on rows_of.provider = answer.provider and rows_of.account_id = cells.account_id
    and rows_of.chain_id = cells.chain_id and rows_of.layer = cells.layer
left join asking
    on asking.provider = answer.provider and asking.account_id = cells.account_id
    and asking.chain_id = cells.chain_id and asking.layer = cells.layer
left join remembered
    on remembered.account_id = cells.account_id and remembered.chain_id = cells.chain_id and remembered.layer = cells.layer
where provider is null or answer.provider = provider::varchar
order by cells.label, cells.chain_id, cells.layer, answer.record_rank, answer.provider
