-- view: One row a closing: between which instants its period is reported as the history stands today, as in overview_report.
-- It opens with the last complete instant at or before its begin, or the first of the history, and closes with the last complete one at
-- or before its end. One that was made when periods lay inside their calendar (period_rule `inside`) keeps that rule: it opens
-- before its begin and closes before its end. Where it has no complete instant, it closes with its last, whose numbers are not known.
-- column closing_id: The closing that it belongs to.
-- column opening_as_of: The instant at which it opens, UTC, none where none is complete.
-- column closing_as_of: The instant at which it closes, UTC, none where it has no instant.
-- column missing_cells: How many cells of the period have no record.
with
    instant as (
        select total.as_of, total.is_complete, total.missing_cells
        from total
        where total.scope_id = 'all' and total.chain_id = 'all' and total.is_instant
    ),
    placed as (
        select closing.closing_id, instant.*, closing.since,
            case closing.period_rule when 'inside' then instant.as_of < closing.since else instant.as_of <= closing.since end as is_before,
            instant.as_of >= closing.since as is_in_it
        from closing
        join instant
            on instant.as_of < closing.until or instant.as_of = closing.until and closing.period_rule <> 'inside'
    )
select placed.closing_id,
    coalesce(
        max(placed.as_of) filter (placed.is_complete and placed.is_before),
        min(placed.as_of) filter (placed.is_complete)
    ) as opening_as_of,
    coalesce(
        max(placed.as_of) filter (placed.is_complete and (placed.is_in_it and not placed.is_before)),
        max(placed.as_of) filter (placed.is_in_it and not placed.is_before),
        max(placed.as_of) filter (placed.is_in_it)
    ) as closing_as_of,
    sum(placed.missing_cells) filter (placed.is_in_it)::bigint as missing_cells
from placed
group by placed.closing_id
