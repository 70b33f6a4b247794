-- macro: What the steps between two instants changed, added up; where no step lies between them nothing changed.
-- parameter amount: One part of a change, US dollars.
-- parameter is_step: Whether the row is a step between the two instants.
create or replace macro changed_by_steps(amount, is_step) as
-- zero: no step, no change
coalesce(sum(amount) filter (where is_step), 0)::decimal(38, 6)
