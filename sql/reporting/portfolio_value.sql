-- view: One row an instant: what the whole portfolio was worth, as value_chart() has it, and why that changed.
-- column as_of: The instant that is spoken of, UTC.
-- column value_usd: Booked value in US dollars, none where a part of it is not known.
-- column is_complete: Whether its value is known in full.
-- column reason: Why its value is not known, one code, none where it is.
-- column known_value_usd: Value of the parts that are known, US dollars.
-- column estimated_value_usd: Where the value is none, what it would be if what is missing still held what it last held, US dollars.
-- column uncertainty_usd: How far the estimate may be off in either direction, US dollars.
-- column rewards_usd: What unclaimed rewards beside it are worth, US dollars.
-- column gross_usd: Its value with debts counted as positive, US dollars.
-- column missing_parts: What is missing, as account / chain / layer: reason, separated by semicolons, none where nothing is.
-- column price_effect_usd: What prices made of it since the last complete instant, US dollars.
-- column accrual_usd: What it earned or owed by itself since then, US dollars: a part of income.
-- column income_usd: What it earned or owed since then: accrual and claimed rewards, US dollars.
-- column fee_usd: What was lost to fees and penalties since then, below zero, US dollars.
-- column flow_usd: What was moved in since then, out below zero, US dollars.
-- column scope_usd: What entered or left the scope since then, US dollars.
-- column revaluation_usd: What became priced or unpriced since then, US dollars.
select point.as_of, {value_of_point}
from main.total as point
where point.scope_id = 'all' and point.chain_id = 'all' and point.is_instant
