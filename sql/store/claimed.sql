-- claim: Makes `claimed`: one row a reward that was claimed in a step, with its quantity and value.
-- A reward that falls was claimed: what it fell by, and what it grew by in the step, at the pace of the step before. Where as much of the
-- same asset arrived as that allows, the claim is what arrived.
create or replace temp table claimed as
with
    fallen as (
        select reward.number, reward.position_id, reward.asset_id, reward.as_of, reward.previous_as_of, reward.account_id, reward.group_id,
            -reward.moved as fell, coalesce(reward.closing_price, reward.price_0) as price_usd,
            case
                when earlier.read_as_of is not null
                -- zero: a reward that was not there before grew from nothing
                then greatest(reward.held_0 - coalesce(reward.earlier_quantity, 0), 0)
                    * epoch(reward.as_of - reward.previous_as_of) / epoch(reward.previous_as_of - earlier.read_as_of)
                -- zero: a reward whose pace is not known is taken not to have grown
                else 0
            end as grown,
            count(*) over (partition by reward.as_of, reward.previous_as_of, reward.account_id, reward.group_id) as rewards
        from step_row as reward
        left join end_of_step as earlier on earlier.number = reward.number and earlier.is_earlier
        where reward.layer = 'reward' and reward.has_moved and reward.moved < 0
    ),
    arrived as (
        select step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id,
            list_sum(list(step_row.transferred order by step_row.number, step_row.position_id, step_row.asset_id)) as moved
        from step_row
        semi join fallen using (as_of, previous_as_of, account_id, group_id)
        where step_row.layer <> 'reward' and step_row.is_measured
        group by all
    )
select fallen.*,
    fallen.rewards = 1 and arrived.moved between fallen.fell * (1 - 1e-9) and (fallen.fell + 4 * fallen.grown) * (1 + 1e-9) as has_arrived,
    case when has_arrived then arrived.moved else fallen.fell + fallen.grown end as quantity,
    try_cast(quantity * fallen.price_usd as decimal(18, 6)) as value_usd
from fallen
left join arrived using (as_of, previous_as_of, account_id, group_id);
