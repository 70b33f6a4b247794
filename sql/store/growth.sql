-- claim: Makes `group_step`, what an account moved of an asset group in a step, and `growth`, how far each holding may have grown by itself.
-- Expected is the middle of the rates at which the holding grew in the seven days before, over the time since its quantity changed
-- last: some protocols pay by the day and are seen by the hour. The rate counts once as the holding shows it, and once with what the account moved beside
-- it, because either may be the interest. A pool that traded shows no rate, and its legs are decided without one. At most four times as much is accrual; without a rate, what the settings allow for a year.
create or replace temp table group_step as
with
    own as (
        select step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id,
            -- zero: where no row accrues, or none else is there, nothing of that kind moved
            coalesce(list_sum(list(step_row.moved order by step_row.number, step_row.position_id, step_row.asset_id)
                filter (where step_row.can_accrue)), 0) as own_moved,
            -- zero: where no row of that kind is there, nothing of it moved
            coalesce(list_sum(list(step_row.transferred order by step_row.number, step_row.position_id, step_row.asset_id)
                filter (where not step_row.can_accrue)), 0) as other_moved,
            count(*) filter (where step_row.can_accrue and step_row.held_0 <> 0) as accruing,
            list_sum(list(greatest(abs(step_row.held_0), abs(step_row.held_1)) order by step_row.number, step_row.position_id, step_row.asset_id))
                as size,
            bool_and(not step_row.can_accrue or wallet.account_id is not null) as is_wallet_known
        from step_row
        left join (
            select step.as_of, step.previous_as_of, step.account_id, step.chain_id
            from pending_step as step
            where step.layer = 'wallet' and step.kind in ('measured', 'switched')
        ) as wallet
            on wallet.as_of = step_row.as_of and wallet.previous_as_of = step_row.previous_as_of
            and wallet.account_id = step_row.account_id and wallet.chain_id = step_row.chain_id
        anti join pool_leg
            on pool_leg.number = step_row.number and pool_leg.position_id = step_row.position_id and pool_leg.asset_id = step_row.asset_id
        where step_row.is_measured and step_row.layer <> 'reward'
        group by step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id
    ),
    claims as (
        select claimed.as_of, claimed.previous_as_of, claimed.account_id, claimed.group_id,
            list_sum(list(claimed.quantity order by claimed.number, claimed.position_id, claimed.asset_id)) as quantity
        from claimed
        group by claimed.as_of, claimed.previous_as_of, claimed.account_id, claimed.group_id
    )
select own.* exclude (other_moved),
    -- zero: where nothing was claimed, nothing came of claims
    own.other_moved - coalesce(claims.quantity, 0) as other_moved
from own
left join claims using (as_of, previous_as_of, account_id, group_id);

create or replace temp table growth as
with
    seen as (
        select step_row.number, step_row.position_id, step_row.asset_id, step_row.account_id, step_row.chain_id, step_row.layer,
            step_row.as_of, step_row.previous_as_of, step_row.has_moved, null::double as own_rate, null::double as net_rate
        from step_row
        where step_row.can_accrue
        union all
        select null, change.position_id, change.asset_id, change.account_id, change.chain_id, change.layer,
            change.as_of, change.previous_as_of, change.is_moved, change.own_rate, change.net_rate
        from change
        semi join (from cell_step where cell_step.kind in ('measured', 'switched')) as step
            on step.as_of = change.as_of and step.account_id = change.account_id and step.chain_id = change.chain_id
            and step.layer = change.layer
        where change.as_of between getvariable('pending_since') - interval 7 days and getvariable('pending_until')
            and (change.account_id, change.position_id, change.asset_id) in (
                select (step_row.account_id, step_row.position_id, step_row.asset_id) from step_row where step_row.can_accrue
            )
    ),
    timed as (
        select seen.*,
            epoch(seen.as_of - coalesce(
                max(case when seen.has_moved then seen.as_of end) over week_before,
                least(min(seen.previous_as_of) over week_before, seen.previous_as_of)
            )) / 31536000 as years
        from seen
        window week_before as (
            partition by seen.account_id, seen.chain_id, seen.layer, seen.position_id, seen.asset_id order by seen.as_of
            range between interval 7 days preceding and interval 1 microsecond preceding
        )
    ),
    rated as (
        select timed.* exclude (own_rate, net_rate), step_row.held_0, step_row.is_rebasing, pool_leg.number is not null as is_pool_leg,
            case
                when timed.number is null then timed.own_rate
                when pool_leg.number is not null then null
                when step_row.has_moved and step_row.held_0 <> 0 and step_row.held_1 / step_row.held_0 > 1
                then ln(step_row.held_1 / step_row.held_0) / timed.years
            end as own_rate,
            case
                when timed.number is null then timed.net_rate
                when pool_leg.number is not null then null
                when step_row.has_moved and step_row.held_0 <> 0 and group_step.accruing = 1 and group_step.is_wallet_known
                    and 1 + (group_step.own_moved + group_step.other_moved) / step_row.held_0 > 1 + 1e-12
                then ln(1 + (group_step.own_moved + group_step.other_moved) / step_row.held_0) / timed.years
            end as net_rate
        from timed
        left join step_row
            on step_row.number = timed.number and step_row.position_id = timed.position_id and step_row.asset_id = timed.asset_id
        left join group_step
            on group_step.as_of = step_row.as_of and group_step.previous_as_of = step_row.previous_as_of
            and group_step.account_id = step_row.account_id and group_step.group_id = step_row.group_id
        left join pool_leg
            on pool_leg.number = timed.number and pool_leg.position_id = timed.position_id and pool_leg.asset_id = timed.asset_id
    ),
    bounded as (
        select rated.* exclude (own_rate, net_rate), ln(1 + pricing.max_apr) as most,
            case when rated.own_rate <= most * (1 + 1e-9) then rated.own_rate end as own_rate,
            case when rated.net_rate <= most * (1 + 1e-9) then rated.net_rate end as net_rate
        from rated
        cross join pricing
    ),
    expecting as (
        select bounded.*,
            list_aggregate(list_filter(list_concat(list(bounded.own_rate) over week_before, list(bounded.net_rate) over week_before),
                lambda rate: rate is not null), 'median') as rate
        from bounded
        window week_before as (
            partition by bounded.account_id, bounded.chain_id, bounded.layer, bounded.position_id, bounded.asset_id order by bounded.as_of
            range between interval 7 days preceding and interval 1 microsecond preceding
        )
    )
select expecting.number, expecting.position_id, expecting.asset_id, expecting.own_rate, expecting.net_rate,
    expecting.held_0 * (exp(expecting.rate * expecting.years) - 1) as expected,
    expecting.held_0 * (exp(coalesce(4 * expecting.rate, expecting.most) * expecting.years) - 1) as most_grown,
    case when expecting.is_rebasing then -0.05 * expecting.held_0 else 0 end as most_shrunk,
    least(most_shrunk, most_grown) as lowest, greatest(most_shrunk, most_grown) as highest
from expecting
where expecting.number is not null and not expecting.is_pool_leg;
