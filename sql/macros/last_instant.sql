-- macro: The last tick at or before an instant, taken or not; NULL where the history has none.
-- parameter moment: Date or instant; NULL for the last of the history.
create or replace macro last_instant(moment) as (
    select max(cell_scope.as_of)
    from cell_scope
    where moment is null or cell_scope.as_of <= instant_meant(moment)
)
