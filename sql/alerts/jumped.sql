-- alert: By which share of itself did the value change from one complete instant to the next, and by which part of the change?
-- What entered or left the scope is no jump, and no flow that a flows file names is one; a flow that is only implied may be a
-- provider's mistake and counts. An instant that opens with nothing has no share.
-- parameter moment: Steps that end after this instant, UTC; NULL for the last step alone.
with
    complete as (
        select point.as_of, lag(point.as_of) over by_time as previous_as_of,
            lag(point.value_usd) over by_time as opening_usd, point.as_of = max(point.as_of) over () as is_last
        from value_chart() as point
        where point.value_usd is not null
        window by_time as (order by point.as_of)
    ),
    step as (
        select complete.as_of, complete.previous_as_of, complete.opening_usd::double as opening
        from complete
        where complete.opening_usd > 0 and (complete.as_of > $moment or ($moment is null and complete.is_last))
    )
select
    step.as_of, any_value(step.previous_as_of) as previous_as_of,
    sum(movement.price_effect_usd)::double / any_value(step.opening) as price,
    sum(movement.income_usd)::double / any_value(step.opening) as income,
    sum(movement.fee_usd)::double / any_value(step.opening) as fees,
    sum(movement.revaluation_usd)::double / any_value(step.opening) as revaluation,
    sum(case when movement.is_classified then 0 else movement.flow_usd end)::double / any_value(step.opening) as implied_flow
from step
join movement on movement.as_of > step.previous_as_of and movement.as_of <= step.as_of
group by step.as_of
order by step.as_of
