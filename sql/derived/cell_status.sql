-- table: One row a tick and cell that was planned: its record, or why there is none.
-- A cell is in scope from the first instant at which it was asked and could have been answered, or from its account's
-- `from`, until the account's `until`. A tick in between without a record is missing, also one before the first record.
-- At a tick that nobody took, the cells of the snapshot before it are missing.
-- Two providers may stand in the same place of the order, where it changed and one of them alone was asked since: the name decides.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column is_in_scope: Whether the cell belongs to the portfolio at this instant.
-- column accepted_reason: Why the settings leave the cell out while it is missing, in their words, none where they do not.
-- column is_recorded: Whether a trusted answer is of record.
-- column reason: Why nothing is of record, one code, none where something is.
-- column provider: The provider of record, none where nothing is.
-- column is_fallback: Whether it stands in for one that comes before it in the order of record.
-- column value_usd: Booked value of record, US dollars.
-- column stated_value_usd: The provider's own total of record, US dollars.
-- column row_count: How many assets the record holds.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column excluded_count: How many assets are left out as spam or by the settings.
-- column excluded_usd: What they are worth where they have a price, US dollars.
-- column held_count: How many assets of the record are not left out.
-- column valued_count: How many of those have a value.
-- column stale_count: How many of them have the last believed price instead of one of this instant.
-- column stale_usd: What those are worth, debts as positive, US dollars.
-- column withheld: Why prices withhold its value, one code: price_unconfirmed, unpriced or receipt_uncovered; none where they do not.
-- column stand_in_usd: What holdings whose price withholds the value would be worth at the last believed price, US dollars.
-- column stand_in_gross_usd: The same with debts as positive, US dollars.
-- column observed_at: When the answer of record arrived, UTC.
-- column effective_at: The instant the record is true for, UTC.
with
    record as (
        select answer.as_of, answer.account_id, answer.chain_id, answer.layer,
            unnest(arg_min(
                struct_pack(
                    provider := answer.provider,
                    record_rank := answer.record_rank,
                    value_usd := answer.value_usd,
                    stated_value_usd := answer.stated_value_usd,
                    row_count := answer.row_count,
                    unpriced_count := answer.unpriced_count,
                    quarantined_count := answer.quarantined_count,
                    excluded_count := answer.excluded_count,
                    excluded_usd := answer.excluded_usd,
                    held_count := answer.held_count,
                    valued_count := answer.valued_count,
                    stale_count := answer.stale_count,
                    stale_usd := answer.stale_usd,
                    withheld := answer.withheld,
                    stand_in_usd := answer.stand_in_usd,
                    stand_in_gross_usd := answer.stand_in_gross_usd,
                    observed_at := answer.observed_at,
                    effective_at := answer.effective_at
                ),
                (not answer.is_in_office, answer.record_rank, answer.provider)
            ))
        from cell_answer as answer
        where answer.is_trusted
        group by answer.as_of, answer.account_id, answer.chain_id, answer.layer
    ),
    planned as (
        select answer.as_of, answer.account_id, answer.chain_id, answer.layer,
            arg_min(answer.reason, (answer.record_rank, answer.provider)) as reason,
            min(answer.record_rank) filter (where answer.is_in_office) as first_rank
        from cell_answer as answer
        group by answer.as_of, answer.account_id, answer.chain_id, answer.layer
    ),
    untaken as (
        select distinct tick.as_of
        from tick
        anti join snapshot on snapshot.as_of = tick.as_of
    ),
    missed as (
        select untaken.as_of, planned.account_id, planned.chain_id, planned.layer, 'missed_tick' as reason, null as first_rank
        from untaken
        asof join snapshot as before on untaken.as_of > before.as_of
        join planned on planned.as_of = before.as_of
    ),
    expected as (from planned union all by name from missed),
    accepted_cell as (
        select expected.as_of, expected.account_id, expected.chain_id, expected.layer, min(accepted.reason) as reason
        from accepted
        join expected
            on expected.account_id = accepted.account_id
            and expected.chain_id = coalesce(accepted.chain_id, expected.chain_id)
            and expected.layer = coalesce(accepted.layer, expected.layer)
            and expected.as_of >= accepted.since and expected.as_of < coalesce(accepted.until, timestamp 'infinity')
        where not exists (
            from record
            where record.as_of = expected.as_of and record.account_id = expected.account_id
                and record.chain_id = expected.chain_id and record.layer = expected.layer
        )
        group by expected.as_of, expected.account_id, expected.chain_id, expected.layer
    ),
    first_asked as (
        select answer.account_id, answer.chain_id, answer.layer, min(answer.as_of) as first_as_of
        from cell_answer as answer
        where answer.is_trusted or not starts_with(answer.reason, 'not_available:')
        group by answer.account_id, answer.chain_id, answer.layer
    )
select
    expected.as_of, expected.account_id, expected.chain_id, expected.layer,
    coalesce(expected.as_of >= coalesce(named.since, first_asked.first_as_of), false)
        and (named.until is null or expected.as_of < named.until)
        and accepted_cell.reason is null as is_in_scope,
    case
        when expected.as_of >= coalesce(named.since, first_asked.first_as_of)
            and (named.until is null or expected.as_of < named.until) then accepted_cell.reason
    end as accepted_reason,
    record.provider is not null as is_recorded,
    case when record.provider is null then expected.reason end as reason,
    record.provider, coalesce(record.record_rank > expected.first_rank, false) as is_fallback, record.value_usd, record.stated_value_usd,
    record.row_count, record.unpriced_count, record.quarantined_count, record.excluded_count, record.excluded_usd, record.held_count, record.valued_count,
    record.stale_count, record.stale_usd, record.withheld, record.stand_in_usd, record.stand_in_gross_usd,
    record.observed_at, record.effective_at
from expected
left join record
    on record.as_of = expected.as_of and record.account_id = expected.account_id
    and record.chain_id = expected.chain_id and record.layer = expected.layer
left join accepted_cell
    on accepted_cell.as_of = expected.as_of and accepted_cell.account_id = expected.account_id
    and accepted_cell.chain_id = expected.chain_id and accepted_cell.layer = expected.layer
left join first_asked
    on first_asked.account_id = expected.account_id
    and first_asked.chain_id = expected.chain_id and first_asked.layer = expected.layer
left join account as named on named.account_id = expected.account_id
