-- view: One row a number of each closing as it is known today: the statement of its period, between the instants of closing_bound.
-- The numbers mean what they mean in overview_report; a number is NULL where a cell of its instant has no record.
-- column closing_id: The closing that it belongs to.
-- column per: What the number is about: total or account.
-- column part_id: Which one: the account id, all for the total.
-- column name: The account's label in the settings.
-- column measure: Which number of the statement it is.
-- column value_usd: The number in US dollars, none where it is not known.
with
    part as (
        select closing.closing_id, movement.account_id, null::boolean as is_opening, true as is_recorded,
            movement.flow_usd, movement.accrual_usd, movement.price_effect_usd, movement.scope_usd, movement.revaluation_usd,
            0::decimal(38, 6) as opening_usd, 0::decimal(38, 6) as closing_usd
        from closing_bound as closing
        join movement on movement.as_of > closing.opening_as_of and movement.as_of <= closing.closing_as_of
        union all
        select closing.closing_id, cell_scope.account_id, true, cell_scope.is_recorded, 0, 0, 0, 0, 0, cell_scope.value_usd, null
        from closing_bound as closing
        join cell_scope on cell_scope.as_of = closing.opening_as_of
        where cell_scope.is_counted
        union all
        select closing.closing_id, cell_scope.account_id, false, cell_scope.is_recorded, 0, 0, 0, 0, 0, null, cell_scope.value_usd
        from closing_bound as closing
        join cell_scope on cell_scope.as_of = closing.closing_as_of
        where cell_scope.is_counted
    ),
    summed as (
        select part.closing_id,
            case when grouping(part.account_id) = 0 then 'account' else 'total' end as per,
            coalesce(part.account_id, 'all') as part_id,
            coalesce(bool_and(part.is_recorded) filter (part.is_opening), true) as is_opening_known,
            coalesce(bool_and(part.is_recorded) filter (not part.is_opening), true) as is_closing_known,
            sum(part.opening_usd) as opening_usd, sum(part.flow_usd) as net_flow_usd, sum(part.accrual_usd) as accrual_usd,
            sum(part.price_effect_usd) as price_effect_usd, sum(part.scope_usd) as scope_usd,
            sum(part.revaluation_usd) as revaluation_usd, sum(part.closing_usd) as closing_usd
        from part
        group by grouping sets ((part.closing_id), (part.closing_id, part.account_id))
    ),
    told as (
        select summed.closing_id, summed.per, summed.part_id,
            case when summed.is_opening_known then summed.opening_usd end as opening_usd,
            case when summed.is_opening_known and summed.is_closing_known then summed.net_flow_usd end as net_flow_usd,
            case when summed.is_opening_known and summed.is_closing_known then summed.accrual_usd end as accrual_usd,
            case when summed.is_opening_known and summed.is_closing_known then summed.price_effect_usd end as price_effect_usd,
            case when summed.is_opening_known and summed.is_closing_known then summed.scope_usd end as scope_usd,
            case when summed.is_opening_known and summed.is_closing_known then summed.revaluation_usd end as revaluation_usd,
            case when summed.is_closing_known then summed.closing_usd end as closing_usd,
            summed.closing_usd as known_value_usd,
            case when summed.is_opening_known and summed.is_closing_known
                then summed.price_effect_usd + summed.accrual_usd end as profit_abs_usd
        from summed
    )
select long.closing_id, long.per, long.part_id, coalesce(named.label, 'all') as name, long.measure,
    long.value_usd::decimal(38, 6) as value_usd
from told
unpivot include nulls (
    value_usd for measure in (
        opening_usd, net_flow_usd, accrual_usd, price_effect_usd, scope_usd, revaluation_usd, closing_usd, known_value_usd,
        profit_abs_usd
    )
) as long
left join account as named on named.account_id = long.part_id
