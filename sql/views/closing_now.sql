-- view: One row a number of each closing as it is known today: the statement of its period, between the instants of closing_bound.
-- The numbers mean what they mean in overview_report; a number is NULL where the value at its instant is not known.
-- column closing_id: The closing that it belongs to.
-- column per: What the number is about: total or account.
-- column part_id: Which one: the account id, all for the total.
-- column name: The account's label in the settings.
-- column measure: Which number of the statement it is.
-- column value_usd: The number in US dollars, none where it is not known.
with
    part as (
        select closing.closing_id, total.scope_id, total.as_of = closing.opening_as_of and total.is_instant as is_opening,
            total.as_of = closing.closing_as_of and total.is_instant as is_closing, total.as_of > closing.opening_as_of as is_step,
            total.value_usd, total.known_value_usd, total.flow_usd, total.accrual_usd, total.income_usd, total.fee_usd,
            total.price_effect_usd, total.scope_usd,
            total.revaluation_usd
        from closing_bound as closing
        join total
            on total.chain_id = 'all' and total.as_of between coalesce(closing.opening_as_of, closing.closing_as_of) and closing.closing_as_of
        where total.scope_id = 'all' or total.scope_id in (select account.account_id from account)
    ),
    summed as (
        select part.closing_id, part.scope_id,
            -- zero: what is not in scope at the instant is worth nothing in it; what has no known price is NULL
            case when bool_or(part.is_opening) then max(part.value_usd) filter (part.is_opening) else 0 end as opening_usd,
            case when bool_or(part.is_closing) then max(part.value_usd) filter (part.is_closing) else 0 end as closing_usd,
            case when bool_or(part.is_closing) then max(part.known_value_usd) filter (part.is_closing) else 0 end as known_value_usd,
            -- zero: where no step lies between the two instants nothing changed
            coalesce(sum(part.flow_usd) filter (part.is_step), 0) as net_flow_usd,
            coalesce(sum(part.accrual_usd) filter (part.is_step), 0) as accrual_usd,
            coalesce(sum(part.income_usd) filter (part.is_step), 0) as income_usd,
            coalesce(sum(part.fee_usd) filter (part.is_step), 0) as fee_usd,
            coalesce(sum(part.price_effect_usd) filter (part.is_step), 0) as price_effect_usd,
            coalesce(sum(part.scope_usd) filter (part.is_step), 0) as scope_usd,
            coalesce(sum(part.revaluation_usd) filter (part.is_step), 0) as revaluation_usd
        from part
        group by part.closing_id, part.scope_id
    ),
    known as (
        select summed.*, summed.opening_usd is not null and summed.closing_usd is not null as is_known from summed
    ),
    told as (
        select known.closing_id, case when known.scope_id = 'all' then 'total' else 'account' end as per, known.scope_id as part_id,
            known.opening_usd,
            case when known.is_known then known.net_flow_usd end as net_flow_usd,
            case when known.is_known then known.accrual_usd end as accrual_usd,
            case when known.is_known then known.income_usd end as income_usd,
            case when known.is_known then known.fee_usd end as fee_usd,
            case when known.is_known then known.price_effect_usd end as price_effect_usd,
            case when known.is_known then known.scope_usd end as scope_usd,
            case when known.is_known then known.revaluation_usd end as revaluation_usd,
            known.closing_usd, known.known_value_usd,
            case when known.is_known then known.price_effect_usd + known.income_usd + known.fee_usd end as profit_abs_usd
        from known
    )
select long.closing_id, long.per, long.part_id, coalesce(named.label, 'all') as name, long.measure,
    long.value_usd::decimal(38, 6) as value_usd
from told
unpivot include nulls (
    value_usd for measure in (
        opening_usd, net_flow_usd, accrual_usd, income_usd, fee_usd, price_effect_usd, scope_usd, revaluation_usd, closing_usd, known_value_usd,
        profit_abs_usd
    )
) as long
left join account as named on named.account_id = long.part_id
