-- claim: Makes `pool_leg`: one row a leg that a pool traded for its other leg in a step.
-- A pool trades along its curve: its two legs move against each other at a price between those at both ends of the step, one tenth wider.
create or replace temp table pool_leg as
with
    leg as (
        select step_row.number, step_row.position_id, step_row.asset_id, step_row.moved, step_row.price_0, step_row.closing_price,
            count(*) over position as legs, row_number() over (position order by step_row.asset_id) as place
        from step_row
        where step_row.layer = 'position' and step_row.is_measured and step_row.has_moved and step_row.rate_income is null
        window position as (partition by step_row.number, step_row.position_id)
    ),
    traded as (
        select one.number, one.position_id, -other.moved / one.moved as other_a_one,
            one.closing_price / other.closing_price as closing_ratio, coalesce(one.price_0 / other.price_0, closing_ratio) as opening_ratio
        from leg as one
        join leg as other on other.number = one.number and other.position_id = one.position_id and other.place = 2
        where one.place = 1 and one.legs = 2 and one.moved * other.moved < 0 and one.closing_price > 0 and other.closing_price > 0
    )
select step_row.number, step_row.position_id, step_row.asset_id
from traded
join step_row using (number, position_id)
where traded.other_a_one between 0.9 * least(traded.opening_ratio, traded.closing_ratio) and 1.1 * greatest(traded.opening_ratio, traded.closing_ratio)
    and step_row.has_moved;
