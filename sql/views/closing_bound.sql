-- view: One row a closing: between which instants its period is reported as the history stands today, as in overview_report.
-- It opens with the last complete instant before it, or the first of the history, and closes with its own last complete one;
-- where it has none, with its last instant, whose numbers are not known.
-- column closing_id: The closing that it belongs to.
-- column opening_as_of: The instant at which it opens, UTC, none where none is complete.
-- column closing_as_of: The instant at which it closes, UTC, none where it has no instant.
-- column missing_cells: How many cells of the period have no record.
with instant as (
    select cell_scope.as_of, bool_and(cell_scope.is_recorded) as is_complete,
        count(*) filter (not cell_scope.is_recorded) as missing_cells
    from cell_scope
    where cell_scope.is_counted
    group by cell_scope.as_of
)
select closing.closing_id,
    coalesce(
        max(instant.as_of) filter (instant.is_complete and instant.as_of < closing.since),
        min(instant.as_of) filter (instant.is_complete)
    ) as opening_as_of,
    coalesce(
        max(instant.as_of) filter (instant.is_complete and instant.as_of >= closing.since),
        max(instant.as_of) filter (instant.as_of >= closing.since)
    ) as closing_as_of,
    sum(instant.missing_cells) filter (instant.as_of >= closing.since)::bigint as missing_cells
from closing
join instant on instant.as_of < closing.until
group by closing.closing_id
