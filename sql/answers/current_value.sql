-- question: What is it worth at an instant: in total, by account, by chain, by category and by protocol group?
-- Stands in for 1inch general/current_value. A value is NULL as soon as one of its cells in scope has no record: for tokens and native
-- coins that is a wallet, for protocols a position or debt, because nobody knows what a missing one held. Each breakdown adds up to the total.
-- parameter as_of: The instant, UTC; the last snapshot at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What the row adds up: total, account, chain, category or protocol.
-- column id varchar: Which: account id, CAIP-2 chain id, tokens, native or protocols, the protocol group (token for wallets), all; none for a missing position.
-- column name varchar: Its name for people, untrusted text of protocols.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a cell in scope has no record or a price that matters is not believed.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column estimated_value_usd decimal(38,6): Where the value is NULL, what it would be if the missing cells still held what they last held, at most 72 hours ago, US dollars; none by category and protocol.
-- column uncertainty_usd decimal(38,6): How far that may be off in either direction, US dollars.
-- column stated_value_usd double: The sum of the providers' own totals, US dollars, NULL where one states none, and by category and protocol.
-- column cells bigint: How many cells are in scope.
-- column missing_cells bigint: How many of them have no record.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered, unpriced or nothing_priced.
-- column missing varchar[]: Each missing cell with its reason, as account / chain / layer: reason.
-- column withheld_cells varchar[]: Each recorded cell whose value is not known because of a price, as account / chain / layer: reason.
-- column stale_count bigint: How many holdings have the last believed price instead of one of this instant.
-- column stale_priced_usd decimal(38,6): What they are worth at it, debts as positive, US dollars.
-- column holdings bigint: How many assets are held.
-- column unpriced_count bigint: How many of them have no known price.
-- column quarantined_count bigint: How many of them have an unbelievable price.
-- column excluded_count bigint: How many of them are left out as spam or by the settings.
-- column excluded_usd decimal(38,6): What those are worth where they have a price, US dollars.
create or replace macro current_value(
    as_of := null, account := null, account_group := null, chain := null
) as table
with
    cells as (
        select cell.*, cell.layer = 'wallet' as is_wallet,
            cell_estimate.estimated_value_usd, cell_estimate.uncertainty_usd
        from cells_at(as_of, account, account_group, chain) as cell
        left join cell_estimate
            on cell_estimate.as_of = cell.as_of and cell_estimate.account_id = cell.account_id
            and cell_estimate.chain_id = cell.chain_id and cell_estimate.layer = cell.layer
        where cell.is_counted
    ),
    summed as (
        select max(cells.as_of) as as_of, cells.account_id, cells.chain_id, cells.is_wallet, any_value(cells.label) as label,
            coalesce(bool_or(cells.held_count > 0) and not bool_or(cells.valued_count > 0), false) as is_nothing_priced,
            case when not is_nothing_priced then sum(cells.value_usd) end as known_value_usd,
            case when bool_and(cells.is_valued) then known_value_usd end as value_usd,
            not bool_and(cells.is_valued) and count(cells.estimated_value_usd) = count(*) filter (not cells.is_recorded)
                and count(*) filter (cells.withheld = 'receipt_uncovered') = 0 as is_estimated,
            case when is_estimated
                then list_sum([known_value_usd, sum(cells.estimated_value_usd), sum(cells.stand_in_usd)]) end as estimated_value_usd,
            case when is_estimated
                then list_sum([sum(cells.uncertainty_usd), sum(cells.stand_in_gross_usd), sum(cells.stale_usd)]) end as uncertainty_usd,
            case when count(cells.stated_value_usd) = count(*)
                then list_sum(list(cells.stated_value_usd order by cells.account_id, cells.chain_id, cells.layer)) end as stated_value_usd,
            count(*) as cells,
            count(*) filter (not cells.is_recorded) as missing_cells,
            case
                when bool_or(not cells.is_recorded and cells.reason = 'missed_tick') then 'missed_tick'
                when missing_cells > 0 then 'missing_cell'
                when min(cells.withheld) is not null then min(cells.withheld)
                when is_nothing_priced then 'nothing_priced'
            end as reason,
            coalesce(
                list(cells.label || ' / ' || cells.chain_id || ' / ' || cells.layer || ': ' || cells.reason
                    order by cells.label, cells.chain_id, cells.layer) filter (not cells.is_recorded),
                []
            ) as missing,
            coalesce(
                list(cells.label || ' / ' || cells.chain_id || ' / ' || cells.layer || ': ' || cells.withheld
                    order by cells.label, cells.chain_id, cells.layer) filter (cells.withheld is not null),
                []
            ) as withheld_cells,
            sum(cells.stale_count)::bigint as stale_count, sum(cells.stale_usd)::decimal(38, 6) as stale_priced_usd,
            sum(cells.row_count)::bigint as holdings, sum(cells.unpriced_count)::bigint as unpriced_count,
            sum(cells.quarantined_count)::bigint as quarantined_count, sum(cells.excluded_count)::bigint as excluded_count,
            sum(cells.excluded_usd)::decimal(38, 6) as excluded_usd
        from cells
        group by grouping sets ((), (cells.account_id), (cells.chain_id), (cells.is_wallet))
        having count(*) > 0
    ),
    held as (
        select cells.is_wallet,
            case when not cells.is_wallet then 'protocols' when holding.asset_id like '%/slip44:%' then 'native' else 'tokens' end as category,
            case when cells.is_wallet then 'token' else coalesce(position.protocol_id, 'unnamed') end as protocol_id,
            case when cells.is_wallet then 'Token' else position.protocol_name end as protocol_name,
            case when holding.is_counted then holding.value_usd end as value_usd,
            true as is_held, holding.is_counted and holding.price_status = 'unknown' as is_unpriced,
            holding.is_counted and holding.price_status in ('quarantined', 'unconfirmed') as is_quarantined,
            holding.withheld, holding.is_counted and holding.price_status = 'stale' as is_stale,
            coalesce(holding.exclusion <> 'receipt', false) as is_excluded,
            case when holding.exclusion <> 'receipt' then holding.value_usd end as excluded_usd
        from cells
        join holding
            on holding.as_of = cells.as_of and holding.provider = cells.provider and holding.account_id = cells.account_id
            and holding.chain_id = cells.chain_id and holding.layer = cells.layer
        left join position
            on position.as_of = holding.as_of and position.provider = holding.provider and position.pull_key = holding.pull_key
            and position.account_id = holding.account_id and position.chain_id = holding.chain_id
            and position.position_id = holding.position_id
        union all
        select cells.is_wallet, case when cells.is_wallet then 'tokens' else 'protocols' end,
            case when cells.is_wallet then 'token' end, case when cells.is_wallet then 'Token' end,
            null, false, false, false, null, false, false, null
        from cells
        where not cells.is_recorded
    ),
    grouped as (
        select held.is_wallet, held.category, held.protocol_id, any_value(held.protocol_name) as protocol_name,
            grouping(held.category) = 0 as is_category, sum(held.value_usd) as known_value_usd,
            count(*) filter (held.is_held) as holdings, count(*) filter (held.is_unpriced) as unpriced_count,
            count(*) filter (held.is_quarantined) as quarantined_count, count(*) filter (held.is_excluded) as excluded_count,
            sum(held.excluded_usd)::decimal(38, 6) as excluded_usd, min(held.withheld) as withheld,
            count(*) filter (held.is_stale) as stale_count, sum(abs(held.value_usd)) filter (held.is_stale)::decimal(38, 6) as stale_priced_usd
        from held
        group by grouping sets ((held.is_wallet, held.category), (held.is_wallet, held.protocol_id))
    ),
    listed as (
        select summed.as_of,
            case when summed.account_id is not null then 'account' when summed.chain_id is not null then 'chain' else 'total' end as per,
            coalesce(summed.account_id, summed.chain_id, 'all') as id,
            case when summed.account_id is not null then summed.label else coalesce(summed.chain_id, 'all') end as name,
            summed.value_usd, summed.known_value_usd, summed.estimated_value_usd, summed.uncertainty_usd, summed.stated_value_usd, summed.cells, summed.missing_cells,
            summed.reason, summed.missing, summed.withheld_cells, summed.stale_count, summed.stale_priced_usd, summed.holdings, summed.unpriced_count, summed.quarantined_count, summed.excluded_count,
            summed.excluded_usd
        from summed
        where summed.is_wallet is null
        union all
        select place.as_of, case when grouped.is_category then 'category' else 'protocol' end,
            case when grouped.is_category then grouped.category else grouped.protocol_id end,
            case when grouped.is_category then grouped.category else coalesce(grouped.protocol_name, grouped.protocol_id) end,
            case when place.missing_cells = 0 and grouped.withheld is null then grouped.known_value_usd end, grouped.known_value_usd,
            null, null, null, place.cells, place.missing_cells,
            case
                when place.missing_cells > 0 then place.reason
                when grouped.withheld is not null then grouped.withheld
                when grouped.known_value_usd is null and grouped.holdings > 0 then 'nothing_priced'
            end,
            place.missing, place.withheld_cells, grouped.stale_count, grouped.stale_priced_usd, grouped.holdings, grouped.unpriced_count, grouped.quarantined_count,
            grouped.excluded_count, grouped.excluded_usd
        from grouped
        join summed as place on place.is_wallet = grouped.is_wallet
    )
select
    listed.as_of, listed.per, listed.id, listed.name, listed.value_usd::decimal(38, 6) as value_usd,
    listed.known_value_usd::decimal(38, 6) as known_value_usd, listed.estimated_value_usd::decimal(38, 6) as estimated_value_usd,
    listed.uncertainty_usd::decimal(38, 6) as uncertainty_usd, listed.stated_value_usd, listed.cells, listed.missing_cells,
    listed.reason, listed.missing, listed.withheld_cells, listed.stale_count, listed.stale_priced_usd, listed.holdings, listed.unpriced_count, listed.quarantined_count, listed.excluded_count, listed.excluded_usd
from listed
order by
    list_position(['total', 'account', 'chain', 'category', 'protocol'], listed.per), listed.known_value_usd desc nulls last, listed.id
