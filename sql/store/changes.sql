-- claim: Makes the changes of the steps in `pending_step`, which replace those of the same instants.
-- The definitions are docs/metrics.md: price, accrual, flow, scope and revaluation add up to the change exactly. What is
-- read of the two ends of a step stands in `end_of_step`, so that only their instants are scanned.
create or replace temp table end_of_step as
select step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.provider,
    true as is_closing, true as is_own, false as is_before, step.as_of as read_as_of, step.provider as read_provider
from pending_step as step
where step.kind <> 'left'
union all
select step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.provider,
    false, true, step.kind = 'measured', step.previous_as_of, step.provider
from pending_step as step
where step.kind in ('measured', 'switched')
union all
select step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.provider,
    false, false, true, step.previous_as_of, step.previous_provider
from pending_step as step
where step.kind in ('switched', 'unmatched', 'left');
delete from change where change.as_of in (select pending_step.as_of from pending_step);
insert into change by name
with
    side as (
        select step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.provider,
            step.is_closing, step.is_own, step.is_before, holding.position_id, holding.asset_id,
            sum(case when step.layer = 'debt' then -holding.amount else holding.amount end) as quantity,
            any_value(holding.price_usd order by holding.pull_key) as price_usd,
            sum(holding.value_usd)::decimal(38, 6) as value_usd
        from end_of_step as step
        join holding
            on holding.as_of = step.read_as_of and holding.provider = step.read_provider
            and holding.account_id = step.account_id and holding.chain_id = step.chain_id
            and holding.layer = step.layer
        where holding.is_counted
        group by all
    ),
    met as (
        select side.as_of, side.previous_as_of, side.account_id, side.chain_id, side.layer, side.kind, side.provider,
            side.position_id, side.asset_id,
            bool_or(side.is_own and not side.is_closing) as was_there,
            bool_or(side.is_closing) and coalesce(max(side.quantity) filter (side.is_closing) <> 0
                or min(side.quantity) filter (side.is_closing) <> 0, true) as is_there,
            any_value(side.quantity) filter (side.is_own and not side.is_closing) as quantity_0,
            any_value(side.quantity) filter (side.is_closing) as quantity_1,
            any_value(side.price_usd) filter (side.is_own and not side.is_closing) as price_0,
            any_value(side.value_usd) filter (side.is_own and not side.is_closing) as said_0,
            any_value(side.value_usd) filter (side.is_closing) as said_1,
            coalesce(any_value(side.value_usd) filter (not side.is_own), 0) as other_usd,
            coalesce(bool_or(side.quantity is distinct from 0) filter (side.is_before), false) as is_held_before,
            coalesce(bool_or(side.quantity is distinct from 0) filter (side.is_closing), false) as is_held
        from side
        group by all
    ),
    rated as (
        select distinct cell.as_of, cell.provider, cell.record_rank
        from cell
        where cell.as_of in (select pending_step.as_of from pending_step)
    ),
    exited as (
        select met.as_of, met.provider, met.asset_id,
            unnest(arg_min(
                struct_pack(exit_usd := priced.price_usd, exit_price := case when priced.provider = met.provider then 'provider' else 'other' end),
                (priced.provider <> met.provider, rated.record_rank, priced.price_usd)
            ))
        from (
            select distinct gone.as_of, gone.provider, gone.asset_id
            from met as gone
            where gone.was_there and not gone.is_there and gone.said_0 is not null
        ) as met
        join holding as priced
            on priced.as_of = met.as_of and priced.asset_id = met.asset_id and priced.price_status = 'priced'
        join rated on rated.as_of = priced.as_of and rated.provider = priced.provider
        group by met.as_of, met.provider, met.asset_id
    ),
    valued as (
        select met.*, exited.exit_usd, exited.exit_price as found_price,
            met.kind in ('measured', 'switched') as is_measured,
            coalesce(met.said_0, 0) as value_0,
            case when met.is_there then coalesce(met.said_1, 0) else 0 end as value_1
        from met
        left join exited
            on met.was_there and not met.is_there
            and exited.as_of = met.as_of and exited.provider = met.provider and exited.asset_id = met.asset_id
    ),
    priced as (
        select valued.*,
            case
                when valued.is_measured and valued.was_there and valued.is_there and (
                    (valued.said_0 is null) <> (valued.said_1 is null) or valued.quantity_0 is null or valued.quantity_1 is null
                ) then valued.value_1 - valued.value_0
                else 0
            end as revaluation_usd,
            case
                when not valued.is_measured or not valued.was_there or valued.said_0 is null then 0
                when not valued.is_there then
                    case when valued.exit_usd is null or valued.quantity_0 is null then 0
                        else (valued.quantity_0 * valued.exit_usd)::decimal(38, 6) - valued.value_0 end
                when valued.said_1 is null or valued.quantity_0 is null or valued.quantity_1 is null then 0
                when valued.quantity_0 = valued.quantity_1 then valued.value_1 - valued.value_0
                else (valued.value_1::double * (valued.quantity_0 / valued.quantity_1))::decimal(38, 6) - valued.value_0
            end as price_effect_usd,
            case when valued.was_there and not valued.is_there and valued.is_measured and valued.said_0 is not null
                then coalesce(valued.found_price, 'opening') end as exit_price,
            (case when valued.is_there then coalesce(valued.quantity_1, 0) else 0 end)
                - (case when valued.was_there then coalesce(valued.quantity_0, 0) else 0 end) as moved,
            case
                when valued.layer in ('position', 'debt') then
                    bool_or(valued.was_there) over of_position and bool_or(valued.is_there) over of_position
                else valued.was_there and valued.is_there
                    and valued.asset_id in (select rule.asset_id from rule where rule.is_rebasing)
            end as can_accrue
        from valued
        window of_position as (
            partition by valued.as_of, valued.account_id, valued.chain_id, valued.layer, valued.position_id
        )
    ),
    wallet as (
        select cell_step.as_of, cell_step.previous_as_of, cell_step.account_id, cell_step.chain_id
        from pending_step as cell_step
        where cell_step.layer = 'wallet' and cell_step.kind in ('measured', 'switched')
    ),
    moved_in_wallet as (
        select priced.as_of, priced.previous_as_of, priced.account_id, priced.asset_id, sum(priced.moved) as moved
        from priced
        where priced.is_measured and not priced.can_accrue
        group by priced.as_of, priced.previous_as_of, priced.account_id, priced.asset_id
    ),
    opposed as (
        select priced.*,
            wallet.as_of is not null as is_wallet_known,
            coalesce(beside.moved, 0) as wallet_moved,
            sum(case when priced.can_accrue and priced.moved * beside.moved < 0 then priced.moved end) over (
                partition by priced.as_of, priced.previous_as_of, priced.account_id, priced.asset_id
            ) as against
        from priced
        left join wallet
            on wallet.as_of = priced.as_of and wallet.previous_as_of = priced.previous_as_of
            and wallet.account_id = priced.account_id and wallet.chain_id = priced.chain_id
        left join moved_in_wallet as beside
            on beside.as_of = priced.as_of and beside.previous_as_of = priced.previous_as_of
            and beside.account_id = priced.account_id and beside.asset_id = priced.asset_id
    ),
    shared as (
        select opposed.*,
            case when opposed.is_measured then opposed.value_1 - opposed.value_0 - opposed.price_effect_usd - opposed.revaluation_usd
                else 0 end as rest_usd,
            case
                when not opposed.can_accrue or not opposed.is_wallet_known then 1
                when opposed.moved * opposed.wallet_moved < 0 then least(1, abs(opposed.wallet_moved) / abs(opposed.against))
                else 0
            end as flow_share
        from opposed
    ),
    parted as (
        select shared.*,
            case
                when shared.flow_share = 0 then shared.rest_usd
                when shared.flow_share = 1 then 0
                else (shared.rest_usd::double * (1 - shared.flow_share))::decimal(38, 6)
            end as accrual_usd
        from shared
    )
select
    parted.as_of, parted.previous_as_of, parted.account_id, parted.chain_id, parted.layer, parted.position_id,
    parted.asset_id, parted.price_effect_usd::decimal(38, 6) as price_effect_usd,
    parted.accrual_usd::decimal(38, 6) as accrual_usd,
    (parted.rest_usd - parted.accrual_usd)::decimal(38, 6) as flow_usd,
    (case parted.kind when 'switched' then parted.value_0 when 'measured' then 0 else parted.value_1 end
        - parted.other_usd)::decimal(38, 6) as scope_usd,
    parted.revaluation_usd::decimal(38, 6) as revaluation_usd, parted.exit_price,
    case when parted.is_held then parted.quantity_1 end as quantity,
    parted.said_1 as value_usd, parted.is_held_before, parted.is_held,
    md5_number_lower(parted.account_id) as account_hash
from parted
where parted.is_held_before or parted.is_held or parted.said_1 <> 0
    or (price_effect_usd, accrual_usd, flow_usd, scope_usd, revaluation_usd) <> (0, 0, 0, 0, 0)
order by account_hash, parted.as_of;
