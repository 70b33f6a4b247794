-- macro: Whether an implied flow is worth what a line of a flows file says, up to a dollar or one percent of the line.
-- parameter implied_usd: The implied flow, US dollars, above zero in the direction of the line; NULL where there is none.
-- parameter line_usd: What the line says, US dollars; NULL where it has no price.
create or replace macro is_worth(implied_usd, line_usd) as (
    abs(implied_usd - line_usd) <= greatest(1, line_usd / 100)
)
