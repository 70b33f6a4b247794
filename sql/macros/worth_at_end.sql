-- macro: What a part is worth at one of the two instants: nothing where it is not there, NULL where it is there without a known value.
-- parameter amount: The value at that instant, US dollars, none where it is not known.
-- parameter is_there: Whether the row is of that instant.
create or replace macro worth_at_end(amount, is_there) as
-- zero: what is not there is worth nothing
case when bool_or(is_there) then sum(amount) else 0 end::decimal(38, 6)
