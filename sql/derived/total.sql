-- table: One row an instant and set of cells that can be asked for, accounts by chain: its worth, what is missing, what changed.
-- A question about a whole reads its few rows and works nothing out. Rewards are no part of the value. An instant without a
-- cell in scope has a row only where something left the scope then.
-- column scope_id: The set of accounts, as in `scope`.
-- column chain_id: The chain as its CAIP-2 id, all for every chain.
-- column as_of: The instant that is spoken of, UTC.
-- column is_instant: Whether a cell is in scope.
-- column is_complete: Whether the value is known: every cell in scope has a record, and every price that matters is believed.
-- column value_usd: Booked value in US dollars, none where it is not known.
-- column known_value_usd: Booked value of the cells that have a record, US dollars.
-- column estimated_value_usd: Where the value is unknown, the known value, what missing cells would be worth and last believed prices, US dollars.
-- column uncertainty_usd: How far the estimate may be off in either direction, US dollars.
-- column gross_usd: Booked value of the cells worth more than nothing, US dollars.
-- column rewards_usd: Unclaimed rewards beside the value, US dollars.
-- column reason: Why the value is unknown, one code, none where it is known.
-- column cells: How many cells are in scope.
-- column missing_cells: How many of them have no record.
-- column missing: Each missing cell with its reason, as account / chain / layer: reason.
-- column withheld_cells: Each recorded cell whose value is not known, as account / chain / layer: reason.
-- column left_out: Each cell that the settings leave out while it is missing, as account / chain / layer: reason.
-- column missing_last_known_usd: What the missing cells were last worth, US dollars.
-- column missing_share: That as a fraction of known plus last known value.
-- column carried_value_usd: For display only: known and last known value, within the bounds of carrying.
-- column holdings: How many assets the records hold.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column stale_count: How many of them have the last believed price instead of one of this instant.
-- column stale_priced_usd: What those are worth, debts as positive, US dollars.
-- column suspect_usd: What left the last record without an explanation and is booked as gone, US dollars, none where nothing did.
-- column excluded_count: How many of them are left out as spam or by the settings.
-- column excluded_usd: What those are worth where they have a price, US dollars.
-- column last_complete_as_of: The last complete instant up to here, UTC.
-- column price_effect_usd: What prices made since the instant before, US dollars.
-- column accrual_usd: What holdings earned or owed by themselves, US dollars.
-- column income_usd: What holdings earned or owed: accrual and claimed rewards, US dollars.
-- column fee_usd: What was lost to fees and penalties, below zero, US dollars.
-- column flow_usd: What was moved in, out below zero, netted over the set, US dollars.
-- column scope_usd: What entered or left the scope, US dollars.
-- column entry_usd: The part of that which entered or left with an account, chain or layer, and is capital, US dollars.
-- column revaluation_usd: What became priced or unpriced, US dollars.
-- column ambiguous_usd: How much of income and fees could as well be flow, or the other way round, US dollars.
-- column exit_count: How many assets left at the price they had before.
-- column is_classified: Whether a flows file covers every step that ends here.
-- column opening_as_of: Of a complete instant, the complete one before it, UTC.
-- column opening_usd: Booked value at that instant, US dollars.
-- column is_over_gap: Whether instants that are not complete lie between the two.
-- column step_price_usd: What prices made between the two, US dollars.
-- column step_accrual_usd: What holdings earned or owed by themselves between the two, US dollars.
-- column step_income_usd: Accrual and claimed rewards between the two, US dollars.
-- column step_fee_usd: What was lost to fees and penalties between the two, below zero, US dollars.
-- column return_price: The first as a fraction of the capital, none where a segment begins. Capital is the opening value, with what was added where that is more than a tenth.
-- column return_total: Both as a fraction of the capital, likewise; -1 where everything was lost.
-- column segment: Number of the stretch over which the index runs; a new one begins where a return is not known.
-- column index_price: Index of the price returns, 1 where the segment begins.
-- column index_total: Index of both, 1 where the segment begins.
-- An index is a product of growth from instant to instant, made as a sum of logarithms in decimals: a product of doubles is
-- another in its last digits whenever DuckDB multiplies in another order, and the same facts have to give the same rows.
with
    cells as (
        select scope.scope_id, cell_scope.* exclude (label), scope.label, cell_estimate.estimated_value_usd, cell_estimate.uncertainty_usd
        from cell_scope
        join scope on scope.account_id = cell_scope.account_id
        left join cell_estimate
            on cell_estimate.as_of = cell_scope.as_of and cell_estimate.account_id = cell_scope.account_id
            and cell_estimate.chain_id = cell_scope.chain_id and cell_estimate.layer = cell_scope.layer
    ),
    worth as (
        select cells.scope_id, coalesce(cells.chain_id, 'all') as chain_id, cells.as_of,
            count(*) filter (cells.is_counted) as cells,
            count(*) filter (cells.is_counted and not cells.is_recorded) as missing_cells,
            coalesce(
                bool_or(cells.is_counted and cells.held_count > 0) and not bool_or(cells.is_counted and cells.valued_count > 0), false
            ) as is_nothing_priced,
            case when not is_nothing_priced then (sum(cells.value_usd) filter (cells.is_counted))::decimal(38, 6) end as known_value_usd,
            (sum(cells.value_usd) filter (cells.is_counted and cells.value_usd > 0))::decimal(38, 6) as gross_usd,
            (sum(cells.value_usd) filter (not cells.is_counted))::decimal(38, 6) as rewards_usd,
            coalesce(bool_or(cells.is_counted and cells.reason = 'missed_tick'), false) as is_missed,
            (sum(cells.last_known_usd) filter (cells.is_counted and not cells.is_recorded))::decimal(38, 6) as missing_last_known_usd,
            sum(cells.estimated_value_usd) as missing_estimated_usd, sum(cells.uncertainty_usd) as missing_uncertainty_usd,
            (sum(cells.stale_count) filter (cells.is_counted))::integer as stale_count,
            (sum(cells.stale_usd) filter (cells.is_counted))::decimal(38, 6) as stale_priced_usd,
            min(cells.withheld) filter (cells.is_counted) as withheld,
            count(*) filter (cells.is_counted and cells.withheld = 'receipt_uncovered') as uncovered_cells,
            sum(cells.stand_in_usd) filter (cells.is_counted) as stand_in_usd,
            sum(cells.stand_in_gross_usd) filter (cells.is_counted) as stand_in_gross_usd,
            count(cells.estimated_value_usd) as estimated_cells,
            bool_and(not cells.is_counted or cells.is_recorded or coalesce(
                cells.missing_instants <= 3 and cells.as_of - cells.last_known_as_of <= interval 72 hours, false
            )) as can_be_carried,
            (sum(cells.row_count) filter (cells.is_counted))::integer as holdings,
            (sum(cells.unpriced_count) filter (cells.is_counted))::integer as unpriced_count,
            (sum(cells.quarantined_count) filter (cells.is_counted))::integer as quarantined_count,
            (sum(cells.excluded_count) filter (cells.is_counted))::integer as excluded_count,
            (sum(cells.excluded_usd) filter (cells.is_counted))::decimal(38, 6) as excluded_usd
        from cells
        group by grouping sets ((cells.scope_id, cells.as_of), (cells.scope_id, cells.as_of, cells.chain_id))
    ),
    gone as (
        select cells.scope_id, coalesce(cells.chain_id, 'all') as chain_id, cells.as_of,
            list(
                cells.label || ' / ' || cells.chain_id || ' / ' || cells.layer || ': ' || cells.reason
                order by cells.label, cells.chain_id, cells.layer
            ) filter (not cells.is_recorded) as missing,
            list(
                cells.label || ' / ' || cells.chain_id || ' / ' || cells.layer || ': ' || cells.withheld
                order by cells.label, cells.chain_id, cells.layer
            ) filter (cells.is_recorded) as withheld_cells
        from cells
        where cells.is_counted and not cells.is_valued
        group by grouping sets ((cells.scope_id, cells.as_of), (cells.scope_id, cells.as_of, cells.chain_id))
    ),
    left_out as (
        select scope.scope_id, coalesce(cell_status.chain_id, 'all') as chain_id, cell_status.as_of,
            list(
                scope.label || ' / ' || cell_status.chain_id || ' / ' || cell_status.layer || ': ' || cell_status.accepted_reason
                order by scope.label, cell_status.chain_id, cell_status.layer
            ) as left_out
        from cell_status
        join scope on scope.account_id = cell_status.account_id
        where cell_status.accepted_reason is not null and cell_status.layer <> 'reward'
        group by grouping sets ((scope.scope_id, cell_status.as_of), (scope.scope_id, cell_status.as_of, cell_status.chain_id))
    ),
    moved as (
        select scope.scope_id, coalesce(movement.chain_id, 'all') as chain_id, movement.as_of,
            sum(movement.price_effect_usd)::decimal(38, 6) as price_effect_usd,
            sum(movement.accrual_usd)::decimal(38, 6) as accrual_usd,
            sum(movement.income_usd)::decimal(38, 6) as income_usd,
            sum(movement.fee_usd)::decimal(38, 6) as fee_usd,
            sum(movement.flow_usd)::decimal(38, 6) as flow_usd,
            sum(movement.scope_usd)::decimal(38, 6) as scope_usd,
            sum(movement.entry_usd)::decimal(38, 6) as entry_usd,
            sum(movement.revaluation_usd)::decimal(38, 6) as revaluation_usd,
            sum(movement.ambiguous_usd)::decimal(38, 6) as ambiguous_usd,
            sum(movement.exit_count)::bigint as exit_count, bool_and(movement.is_classified) as is_classified
        from movement
        join scope on scope.account_id = movement.account_id
        group by grouping sets ((scope.scope_id, movement.as_of), (scope.scope_id, movement.as_of, movement.chain_id))
    ),
    doubtful as (
        select scope.scope_id, coalesce(unexplained_exit.chain_id, 'all') as chain_id, unexplained_exit.as_of,
            sum(unexplained_exit.suspect_usd)::decimal(38, 6) as suspect_usd
        from unexplained_exit
        join scope on scope.account_id = unexplained_exit.account_id
        group by grouping sets (
            (scope.scope_id, unexplained_exit.as_of), (scope.scope_id, unexplained_exit.as_of, unexplained_exit.chain_id)
        )
    ),
    joined as (
        -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
        select *, coalesce(worth.cells, 0) > 0 as is_instant,
            case
                when worth.missing_cells > 0 and worth.is_missed then 'missed_tick'
                when worth.missing_cells > 0 then 'missing_cell'
                when worth.withheld is not null then worth.withheld
                when worth.is_nothing_priced then 'nothing_priced'
            end as reason,
            coalesce(worth.cells > 0 and reason is null, false) as is_complete,
            worth.missing_cells = worth.estimated_cells
                and (worth.missing_cells > 0 or worth.withheld is not null) and worth.uncovered_cells = 0 as is_estimated
        from worth
        full join moved using (scope_id, chain_id, as_of)
        left join gone using (scope_id, chain_id, as_of)
        left join left_out using (scope_id, chain_id, as_of)
        left join doubtful using (scope_id, chain_id, as_of)
    ),
    numbered as (
        select joined.*,
            count(*) filter (joined.is_instant) over so_far as number,
            sum(joined.price_effect_usd) over so_far as price_so_far,
            sum(joined.accrual_usd) over so_far as accrual_so_far,
            sum(joined.income_usd) over so_far as income_so_far,
            sum(joined.fee_usd) over so_far as fee_so_far,
            sum(abs(joined.flow_usd)) over so_far as moved_so_far,
            -- zero: what went out adds no capital
            sum(greatest(joined.flow_usd, 0) + greatest(joined.entry_usd, 0)) over so_far as added_so_far
        from joined
        window so_far as (partition by joined.scope_id, joined.chain_id order by joined.as_of)
    ),
    complete as (
        select numbered.scope_id, numbered.chain_id, numbered.as_of,
            lag(numbered.as_of) over in_time as opening_as_of,
            lag(numbered.known_value_usd) over in_time as opening_usd,
            lag(numbered.gross_usd) over in_time as opening_gross_usd,
            numbered.number - lag(numbered.number) over in_time > 1 as is_over_gap,
            -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
            coalesce(numbered.price_so_far, 0) - coalesce(lag(numbered.price_so_far) over in_time, 0) as step_price_usd,
            coalesce(numbered.accrual_so_far, 0) - coalesce(lag(numbered.accrual_so_far) over in_time, 0) as step_accrual_usd,
            coalesce(numbered.income_so_far, 0) - coalesce(lag(numbered.income_so_far) over in_time, 0) as step_income_usd,
            coalesce(numbered.fee_so_far, 0) - coalesce(lag(numbered.fee_so_far) over in_time, 0) as step_fee_usd,
            coalesce(numbered.moved_so_far, 0) - coalesce(lag(numbered.moved_so_far) over in_time, 0) as step_moved_usd,
            coalesce(numbered.added_so_far, 0) - coalesce(lag(numbered.added_so_far) over in_time, 0) as step_added_usd
        from numbered
        where numbered.is_complete
        window in_time as (partition by numbered.scope_id, numbered.chain_id order by numbered.as_of)
    ),
    returned as (
        select complete.scope_id, complete.chain_id, complete.as_of, complete.opening_as_of, complete.opening_usd, complete.is_over_gap,
            case when complete.opening_as_of is not null then complete.step_price_usd::decimal(38, 6) end as step_price_usd,
            case when complete.opening_as_of is not null then complete.step_accrual_usd::decimal(38, 6) end as step_accrual_usd,
            case when complete.opening_as_of is not null then complete.step_income_usd::decimal(38, 6) end as step_income_usd,
            case when complete.opening_as_of is not null then complete.step_fee_usd::decimal(38, 6) end as step_fee_usd,
            -- what was added is capital of its step where it is more than a tenth of what was there
            complete.opening_usd + case when complete.step_added_usd > 0.1::decimal(2, 1) * complete.opening_usd then complete.step_added_usd else 0 end
                as capital_usd,
            complete.opening_usd > 0.05::decimal(3, 2) * complete.opening_gross_usd
                and not (complete.is_over_gap and complete.step_moved_usd >= 0.05::decimal(3, 2) * complete.opening_usd) as is_followed,
            -- losses never take more than what was there
            case when is_followed then greatest(complete.step_price_usd / capital_usd, -1)::double end as return_price,
            case when is_followed then greatest((complete.step_price_usd + complete.step_income_usd + complete.step_fee_usd) / capital_usd, -1)::double end as return_total
        from complete
    ),
    restarted as (
        -- where everything was lost, the index ends at 0 and begins anew with the next step
        select returned.* exclude (return_price, return_total),
            case when lag(returned.return_total) over in_time is distinct from -1 then returned.return_price end as return_price,
            case when lag(returned.return_total) over in_time is distinct from -1 then returned.return_total end as return_total
        from returned
        window in_time as (partition by returned.scope_id, returned.chain_id order by returned.as_of)
    ),
    parted as (
        select restarted.*,
            count(*) filter (where restarted.return_total is null) over (
                partition by restarted.scope_id, restarted.chain_id order by restarted.as_of
            ) as segment
        from restarted
    ),
    grown as (
        -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
        select parted.*, 1 + coalesce(parted.return_price, 0) as growth_price, 1 + coalesce(parted.return_total, 0) as growth_total
        from parted
    ),
    logged as (
        select grown.*,
            case when grown.growth_price <> 0 then ln(abs(grown.growth_price))::decimal(38, 20) end as log_price,
            case when grown.growth_total <> 0 then ln(abs(grown.growth_total))::decimal(38, 20) end as log_total
        from grown
    ),
    indexed as (
        select logged.*,
            case when count(*) filter (logged.growth_price = 0) over so_far > 0 then 0
                when count(*) filter (logged.growth_price < 0) over so_far % 2 = 1 then -1 else 1 end
                -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
                * exp(coalesce(sum(logged.log_price) over so_far, 0)::double) as index_price,
            case when count(*) filter (logged.growth_total = 0) over so_far > 0 then 0
                when count(*) filter (logged.growth_total < 0) over so_far % 2 = 1 then -1 else 1 end
                -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
                * exp(coalesce(sum(logged.log_total) over so_far, 0)::double) as index_total
        from logged
        window so_far as (partition by logged.scope_id, logged.chain_id, logged.segment order by logged.as_of)
    )
select
    numbered.scope_id, numbered.chain_id, numbered.as_of, numbered.is_instant, numbered.is_complete,
    case when numbered.is_complete then numbered.known_value_usd end as value_usd,
    numbered.known_value_usd,
    case
        when numbered.is_estimated
        then list_sum([numbered.known_value_usd, numbered.missing_estimated_usd, numbered.stand_in_usd])::decimal(38, 6)
    end as estimated_value_usd,
    case
        when numbered.is_estimated
        then list_sum([numbered.missing_uncertainty_usd, numbered.stand_in_gross_usd, numbered.stale_priced_usd])::decimal(38, 6)
    end as uncertainty_usd,
    numbered.gross_usd, numbered.rewards_usd,
    numbered.reason, numbered.cells, numbered.missing_cells, coalesce(numbered.missing, []) as missing,
    coalesce(numbered.withheld_cells, []) as withheld_cells,
    coalesce(numbered.left_out, []) as left_out, numbered.missing_last_known_usd,
    -- zero: a count, a running sum, a segment's begin or a part of an estimate: nothing so far, and no value
    (numbered.missing_last_known_usd / nullif(coalesce(numbered.known_value_usd, 0) + numbered.missing_last_known_usd, 0))::double
        as missing_share,
    case
        when numbered.is_complete then numbered.known_value_usd
        when numbered.can_be_carried
        then list_sum([numbered.known_value_usd, numbered.missing_last_known_usd, numbered.stand_in_usd])::decimal(38, 6)
    end as carried_value_usd,
    numbered.holdings, numbered.unpriced_count, numbered.quarantined_count, numbered.stale_count, numbered.stale_priced_usd, numbered.suspect_usd,
    numbered.excluded_count, numbered.excluded_usd,
    last_value(case when numbered.is_complete then numbered.as_of end ignore nulls) over so_far as last_complete_as_of,
    numbered.price_effect_usd, numbered.accrual_usd, numbered.income_usd, numbered.fee_usd, numbered.flow_usd, numbered.scope_usd,
    numbered.entry_usd, numbered.revaluation_usd, numbered.ambiguous_usd,
    numbered.exit_count, numbered.is_classified,
    indexed.opening_as_of, indexed.opening_usd, indexed.is_over_gap, indexed.step_price_usd, indexed.step_accrual_usd, indexed.step_income_usd, indexed.step_fee_usd,
    indexed.return_price, indexed.return_total, indexed.segment, indexed.index_price, indexed.index_total
from numbered
left join indexed using (scope_id, chain_id, as_of)
window so_far as (partition by numbered.scope_id, numbered.chain_id order by numbered.as_of)
order by numbered.scope_id, numbered.chain_id, numbered.as_of
