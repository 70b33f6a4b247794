-- part: What plain views say of an instant of total, called `point`: its value, what is missing, and why it changed.
    point.value_usd, point.is_complete, point.reason, point.known_value_usd,
    point.estimated_value_usd, point.uncertainty_usd, point.rewards_usd, point.gross_usd,
    nullif(array_to_string(list_concat(point.missing, point.withheld_cells), '; '), '') as missing_parts,
    point.price_effect_usd, point.accrual_usd, point.income_usd, point.fee_usd, point.flow_usd, point.scope_usd, point.revaluation_usd
