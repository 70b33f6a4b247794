-- claim: Makes the changes of the steps in `pending_step` of what was decided about their holdings; they replace those of the same instants.
-- The definitions are docs/metrics.md: price, income, fee, flow, scope and revaluation add up to the change exactly. Income is accrual and
-- claims. A holding whose price is gone is measured at its last believed one, so that its return is a move of the price; what that books
-- and takes back is revaluation.
delete from change where change.as_of in (select pending_step.as_of from pending_step);
insert into change by name
with
    grown as (
        select step_row.*, pool_leg.number is not null as is_pool_leg, accrued.own_rate, accrued.net_rate,
            -- zero: what cannot accrue does not
            coalesce(step_row.rate_income, accrued.accrual, 0) as accrual, coalesce(accrued.ambiguous, 0) as ambiguous,
            case when step_row.is_measured then step_row.worth_1 - step_row.worth_0 - step_row.price_effect_usd - step_row.first_price_usd
                else 0 end::decimal(38, 6) as rest_usd
        from step_row
        left join accrued using (number, position_id, asset_id)
        left join pool_leg using (number, position_id, asset_id)
        where step_row.layer <> 'reward'
    ),
    divided as (
        select grown.*,
            case
                when grown.is_pool_leg then grown.rest_usd
                when grown.accrual = 0 then 0
                when abs(grown.accrual - grown.moved) <= 1e-12 * abs(grown.moved) then grown.rest_usd
                -- zero: a quantity without a price has no value that could have grown
                else coalesce(try_cast(grown.accrual * grown.closing_price as decimal(18, 6)), 0)
            end::decimal(38, 6) as accrual_usd,
            (grown.rest_usd - accrual_usd)::decimal(38, 6) as moved_usd
        from grown
    ),
    resting as (
        select divided.as_of, divided.previous_as_of, divided.account_id, divided.number, divided.position_id, divided.asset_id,
            -- what lies in a protocol and did not grow may have paid into the wallet, in its own or another coin
            list_sum(list_sort(list(
                divided.held_0 * divided.closing_price * (pow(1 + pricing.max_apr, epoch(divided.as_of - divided.previous_as_of) / 31536000) - 1)
            )
            over (partition by divided.as_of, divided.previous_as_of, divided.account_id))) as paid_usd
        from divided
        cross join pricing
        where divided.is_measured and divided.layer = 'position' and divided.held_0 > 0 and not divided.has_moved
        qualify row_number() over (
            partition by divided.as_of, divided.previous_as_of, divided.account_id
            order by divided.worth_0 desc, divided.number, divided.position_id, divided.asset_id
        ) = 1
    ),
    claim_step as (
        select claimed.as_of, claimed.previous_as_of, claimed.account_id,
            sum(claimed.value_usd) as usd
        from claimed
        group by claimed.as_of, claimed.previous_as_of, claimed.account_id
    ),
    account_step as (
        select divided.as_of, divided.previous_as_of, divided.account_id, sum(divided.moved_usd) as net_usd,
            sum(divided.moved_usd) filter (divided.moved_usd > 0) as inflow_usd, sum(divided.moved_usd) filter (divided.moved_usd < 0) as outflow_usd
        from divided
        where divided.is_measured
        group by all
    ),
    protocol_step as (
        select divided.as_of, divided.previous_as_of, divided.account_id, divided.chain_id, divided.protocol_id,
            sum(divided.moved_usd) filter (divided.layer = 'position') as collateral_usd,
            sum(divided.moved_usd) filter (divided.layer = 'debt') as debt_usd,
            list(divided.group_id) filter (divided.layer = 'position' and divided.moved_usd < 0) as collateral_groups,
            list(divided.group_id) filter (divided.layer = 'debt' and divided.moved_usd > 0) as debt_groups
        from divided
        where divided.is_measured and divided.protocol_id is not null
        group by divided.as_of, divided.previous_as_of, divided.account_id, divided.chain_id, divided.protocol_id
        having collateral_usd < 0 and debt_usd > 0 and collateral_usd + debt_usd < 0
    ),
    liquidation as (
        select protocol_step.*, (protocol_step.collateral_usd + protocol_step.debt_usd)::decimal(38, 6) as net_usd,
            -net_usd <= 0.2 * protocol_step.debt_usd as is_loss
        from protocol_step
        left join lateral (
            select bool_or(
                    (divided.moved_usd > 0 and divided.group_id in (select unnest(protocol_step.collateral_groups)))
                        or (divided.moved_usd < 0 and divided.group_id in (select unnest(protocol_step.debt_groups)))
                ) as is_opposed,
                sum(divided.moved_usd) as wallet_usd
            from divided
            where divided.as_of = protocol_step.as_of and divided.previous_as_of = protocol_step.previous_as_of
                and divided.account_id = protocol_step.account_id and divided.layer = 'wallet' and divided.moved_usd <> 0
        ) as beside on true
        where beside.is_opposed is not true
            and not coalesce(beside.wallet_usd between -0.5 * (collateral_usd + debt_usd) and -1.5 * (collateral_usd + debt_usd), false)
    ),
    renamed as (
        select divided.number, divided.position_id, divided.asset_id
        from divided
        join account_step using (as_of, previous_as_of, account_id)
        where divided.is_measured and divided.was_there and divided.is_there and divided.has_moved and not divided.is_pool_leg
            and divided.worth_0 <> 0 and divided.closing_price > 0 and divided.price_0 > 0
            and abs(ln(divided.closing_price / divided.price_0)) >= ln(1.5)
            and divided.worth_1 / divided.worth_0 between 0.8 and 1.25
            and not coalesce(
                case when divided.moved_usd < 0 then account_step.inflow_usd else -account_step.outflow_usd end >= 0.5 * abs(divided.moved_usd), false
            )
    ),
    parted as (
        select divided.*, renamed.number is not null as is_renamed,
            case
                when liquidation.is_loss and divided.layer = 'position'
                then (liquidation.net_usd * (divided.moved_usd / liquidation.collateral_usd))::decimal(38, 6)
                else 0
            end::decimal(38, 6) as fee_usd,
            case
                when is_renamed then abs(divided.moved_usd)
                -- zero: what is not ambiguous, or has no price
                else coalesce(abs(try_cast(divided.ambiguous * divided.closing_price as decimal(18, 6))), 0)
                    + case when resting.paid_usd is not null
                        -- zero: where more went out than came in, nothing was paid
                        then coalesce(try_cast(least(
                            resting.paid_usd, greatest(list_sum([account_step.net_usd, -claim_step.usd]), 0)::double
                        ) as decimal(18, 6)), 0) else 0 end
                    + case when divided.layer = 'position' and liquidation.net_usd is not null
                        -- zero: only the collateral of a liquidation is ambiguous by it
                        then (abs(liquidation.net_usd) * (divided.moved_usd / liquidation.collateral_usd)) else 0 end
            end::decimal(38, 6) as ambiguous_usd
        from divided
        left join liquidation
            on liquidation.as_of = divided.as_of and liquidation.previous_as_of = divided.previous_as_of
            and liquidation.account_id = divided.account_id and liquidation.chain_id = divided.chain_id
            and liquidation.protocol_id = divided.protocol_id
        left join resting
            on resting.number = divided.number and resting.position_id = divided.position_id and resting.asset_id = divided.asset_id
        left join account_step
            on account_step.as_of = divided.as_of and account_step.previous_as_of = divided.previous_as_of
            and account_step.account_id = divided.account_id
        left join claim_step
            on claim_step.as_of = divided.as_of and claim_step.previous_as_of = divided.previous_as_of
            and claim_step.account_id = divided.account_id
        left join renamed
            on renamed.number = divided.number and renamed.position_id = divided.position_id and renamed.asset_id = divided.asset_id
    ),
    whole as (
        select parted.as_of, parted.previous_as_of, parted.account_id, parted.chain_id, parted.layer, parted.position_id, parted.asset_id,
            case when parted.is_renamed then parted.price_effect_usd + parted.moved_usd else parted.price_effect_usd end as price_effect_usd,
            parted.accrual_usd, parted.accrual_usd as income_usd, parted.fee_usd,
            case when parted.is_renamed then 0 else parted.moved_usd - parted.fee_usd end as flow_usd,
            case parted.kind when 'switched' then parted.value_0 when 'measured' then 0 else parted.value_1 end - parted.other_usd as scope_usd,
            case parted.kind when 'entered' then parted.value_1 when 'left' then -parted.other_usd else 0 end as entry_usd,
            parted.first_price_usd + case
                when parted.is_measured then (parted.value_1 - parted.worth_1) - (parted.value_0 - parted.worth_0)
                else 0
            end as revaluation_usd,
            parted.ambiguous_usd, parted.exit_price,
            case when parted.is_held then parted.quantity_1 end as quantity,
            parted.stated_1 as value_usd, parted.is_held_before, parted.is_held, parted.account_hash,
            parted.can_accrue and parted.has_moved as is_moved, parted.own_rate, parted.net_rate, parted.number
        from parted
        union all
        select claimed.as_of, claimed.previous_as_of, claimed.account_id, step.chain_id, 'reward', claimed.position_id, claimed.asset_id,
            0, 0, claimed.value_usd, 0, -claimed.value_usd, 0, 0, 0,
            -- zero: what arrived whole is no guess
            case when claimed.has_arrived then 0
                -- zero: what arrived whole is no guess
                else coalesce(abs(try_cast((claimed.quantity - claimed.fell) * claimed.price_usd as decimal(18, 6))), 0) end,
            null, null, null, false, false, step.account_hash, false, null, null, step.number
        from claimed
        join pending_step as step on step.number = -claimed.number
        where claimed.value_usd <> 0
    )
select whole.* exclude (number)
    replace (
        whole.price_effect_usd::decimal(38, 6) as price_effect_usd, whole.accrual_usd::decimal(38, 6) as accrual_usd,
        whole.income_usd::decimal(38, 6) as income_usd, whole.fee_usd::decimal(38, 6) as fee_usd,
        whole.flow_usd::decimal(38, 6) as flow_usd, whole.scope_usd::decimal(38, 6) as scope_usd, whole.entry_usd::decimal(38, 6) as entry_usd,
        whole.revaluation_usd::decimal(38, 6) as revaluation_usd, whole.ambiguous_usd::decimal(38, 6) as ambiguous_usd
    )
from whole
where whole.is_held_before or whole.is_held or whole.value_usd <> 0
    or (price_effect_usd, income_usd, accrual_usd, fee_usd, flow_usd, scope_usd, revaluation_usd) <> (0, 0, 0, 0, 0, 0, 0)
order by whole.number;
