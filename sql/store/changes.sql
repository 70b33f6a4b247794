-- claim: Makes the changes of the steps in `pending_step`, which replace those of the same instants.
-- The definitions are docs/metrics.md: price, accrual, flow, scope and revaluation add up to the change exactly. A holding whose
-- price is gone is measured at its last believed one, so that its return is a move of the price; what that books and takes back
-- is revaluation. What is
-- read of the two ends of a step stands in `end_of_step`, so that only their instants are scanned.
create or replace temp table end_of_step as
select step.number, step.as_of as read_as_of, step.provider as read_provider, step.account_id, step.chain_id, step.layer,
    true as is_closing, false as is_opening, false as is_before
from pending_step as step
where step.kind <> 'left'
union all
select step.number, step.previous_as_of, step.provider, step.account_id, step.chain_id, step.layer,
    false, true, step.kind = 'measured'
from pending_step as step
where step.kind in ('measured', 'switched')
union all
select step.number, step.previous_as_of, step.previous_provider, step.account_id, step.chain_id, step.layer,
    false, false, true
from pending_step as step
where step.kind in ('switched', 'unmatched', 'left');
delete from change where change.as_of in (select pending_step.as_of from pending_step);
insert into change by name
with
    side as (
        select step.number, step.is_closing, step.is_opening, step.is_before, holding.position_id, holding.asset_id,
            case when step.layer = 'debt' then -holding.amount else holding.amount end as quantity, holding.value_usd,
            coalesce(holding.value_usd, holding.stand_in_usd) as stood_usd
        from end_of_step as step
        join holding
            on holding.as_of = step.read_as_of and holding.provider = step.read_provider
            and holding.account_id = step.account_id and holding.chain_id = step.chain_id
            and holding.layer = step.layer
        where holding.is_counted
    ),
    met as (
        select side.number, side.position_id, side.asset_id,
            bool_or(side.is_opening) as was_there,
            bool_or(side.is_closing) and coalesce(sum(side.quantity) filter (side.is_closing) <> 0, true) as is_there,
            sum(side.quantity) filter (side.is_opening) as quantity_0,
            sum(side.quantity) filter (side.is_closing) as quantity_1,
            sum(side.value_usd) filter (side.is_opening) as said_0,
            sum(side.value_usd) filter (side.is_closing) as said_1,
            sum(side.stood_usd) filter (side.is_opening) as stood_0,
            sum(side.stood_usd) filter (side.is_closing) as stood_1,
            -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
            coalesce(sum(side.value_usd) filter (not side.is_closing and not side.is_opening), 0) as other_usd,
            bool_or(side.is_before) and sum(side.quantity) filter (side.is_before) is distinct from 0 as is_held_before,
            bool_or(side.is_closing) and sum(side.quantity) filter (side.is_closing) is distinct from 0 as is_held
        from side
        group by side.number, side.position_id, side.asset_id
    ),
    rated as (
        select distinct cell.as_of, cell.provider, cell.record_rank
        from cell
        where cell.as_of in (select pending_step.as_of from pending_step)
    ),
    exited as (
        select gone.as_of, gone.provider, gone.asset_id,
            unnest(arg_min(
                struct_pack(exit_usd := priced.price_usd, exit_price := case when priced.provider = gone.provider then 'provider' else 'other' end),
                (priced.provider <> gone.provider, rated.record_rank, priced.price_usd)
            ))
        from (
            select distinct step.as_of, step.provider, met.asset_id
            from met
            join pending_step as step on step.number = met.number
            where met.was_there and not met.is_there and met.stood_0 is not null
        ) as gone
        join holding as priced
            on priced.as_of = gone.as_of and priced.asset_id = gone.asset_id and priced.price_status = 'priced'
        join rated on rated.as_of = priced.as_of and rated.provider = priced.provider
        group by gone.as_of, gone.provider, gone.asset_id
    ),
    lasting as (
        select met.number, met.position_id
        from met
        join pending_step as step on step.number = met.number
        where step.layer in ('position', 'debt')
        group by met.number, met.position_id
        having bool_or(met.was_there) and bool_or(met.is_there)
    ),
    valued as (
        select met.*, step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.account_hash,
            exited.exit_usd, exited.exit_price as found_price, step.kind in ('measured', 'switched') as is_measured,
            -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
            coalesce(met.said_0, 0) as value_0,
            case when met.is_there then coalesce(met.said_1, 0) else 0 end as value_1,
            coalesce(met.stood_0, 0) as worth_0,
            case when met.is_there then coalesce(met.stood_1, 0) else 0 end as worth_1,
            (case when met.is_there then coalesce(met.quantity_1, 0) else 0 end)
                - (case when met.was_there then coalesce(met.quantity_0, 0) else 0 end) as moved,
            case
                when step.layer in ('position', 'debt') then lasting.number is not null
                else met.was_there and met.is_there and met.asset_id in (select rule.asset_id from rule where rule.is_rebasing)
            end as can_accrue
        from met
        join pending_step as step on step.number = met.number
        left join lasting on lasting.number = met.number and lasting.position_id = met.position_id
        left join exited
            on met.was_there and not met.is_there
            and exited.as_of = step.as_of and exited.provider = step.provider and exited.asset_id = met.asset_id
    ),
    accruing as (
        select valued.number, valued.position_id, valued.asset_id, valued.as_of, valued.previous_as_of, valued.account_id,
            valued.chain_id, valued.moved
        from valued
        where valued.can_accrue
    ),
    wallet as (
        select step.as_of, step.previous_as_of, step.account_id, step.chain_id
        from pending_step as step
        where step.layer = 'wallet' and step.kind in ('measured', 'switched')
    ),
    moved_in_wallet as (
        select valued.as_of, valued.previous_as_of, valued.account_id, valued.asset_id, sum(valued.moved) as moved
        from valued
        semi join accruing on accruing.as_of = valued.as_of and accruing.account_id = valued.account_id and accruing.asset_id = valued.asset_id
        where valued.is_measured and not valued.can_accrue
        group by valued.as_of, valued.previous_as_of, valued.account_id, valued.asset_id
    ),
    opposed as (
        select accruing.number, accruing.position_id, accruing.asset_id, accruing.moved,
            wallet.as_of is not null as is_wallet_known,
            -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
            coalesce(beside.moved, 0) as wallet_moved,
            sum(case when accruing.moved * beside.moved < 0 then accruing.moved end) over (
                partition by accruing.as_of, accruing.previous_as_of, accruing.account_id, accruing.asset_id
            ) as against
        from accruing
        left join wallet
            on wallet.as_of = accruing.as_of and wallet.previous_as_of = accruing.previous_as_of
            and wallet.account_id = accruing.account_id and wallet.chain_id = accruing.chain_id
        left join moved_in_wallet as beside
            on beside.as_of = accruing.as_of and beside.previous_as_of = accruing.previous_as_of
            and beside.account_id = accruing.account_id and beside.asset_id = accruing.asset_id
    ),
    share as (
        select opposed.number, opposed.position_id, opposed.asset_id,
            case
                when not opposed.is_wallet_known then 1
                when opposed.moved * opposed.wallet_moved < 0 then least(1, abs(opposed.wallet_moved) / abs(opposed.against))
                else 0
            end as flow_share
        from opposed
    ),
    priced as (
        select valued.*, coalesce(share.flow_share, 1) as flow_share,
            case
                when valued.is_measured and valued.was_there and valued.is_there and (
                    (valued.stood_0 is null) <> (valued.stood_1 is null) or valued.quantity_0 is null or valued.quantity_1 is null
                ) then valued.worth_1 - valued.worth_0
                else 0
            end as first_price_usd,
            case
                -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
                when not valued.is_measured or not valued.was_there or valued.stood_0 is null then 0
                when not valued.is_there then
                    -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
                    case when valued.exit_usd is null or valued.quantity_0 is null then 0
                        else (valued.quantity_0 * valued.exit_usd)::decimal(38, 6) - valued.worth_0 end
                -- zero: a row that is not there or has no price at one end: its price part is revaluation or flow
                when valued.stood_1 is null or valued.quantity_0 is null or valued.quantity_1 is null then 0
                when valued.quantity_0 = valued.quantity_1 then valued.worth_1 - valued.worth_0
                else (valued.worth_1::double * (valued.quantity_0 / valued.quantity_1))::decimal(38, 6) - valued.worth_0
            end as price_effect_usd,
            case when valued.was_there and not valued.is_there and valued.is_measured and valued.stood_0 is not null
                then coalesce(valued.found_price, 'opening') end as exit_price
        from valued
        left join share
            on share.number = valued.number and share.position_id = valued.position_id and share.asset_id = valued.asset_id
    ),
    rested as (
        select priced.*,
            case when priced.is_measured then priced.worth_1 - priced.worth_0 - priced.price_effect_usd - priced.first_price_usd
                else 0 end as rest_usd,
            priced.first_price_usd + case
                when priced.is_measured then (priced.value_1 - priced.worth_1) - (priced.value_0 - priced.worth_0)
                else 0
            end as revaluation_usd
        from priced
    ),
    parted as (
        select rested.*,
            case
                when rested.flow_share = 0 then rested.rest_usd
                when rested.flow_share = 1 then 0
                else (rested.rest_usd::double * (1 - rested.flow_share))::decimal(38, 6)
            end as accrual_usd
        from rested
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
    parted.said_1 as value_usd, parted.is_held_before, parted.is_held, parted.account_hash
from parted
where parted.is_held_before or parted.is_held or parted.said_1 <> 0
    or (price_effect_usd, accrual_usd, flow_usd, scope_usd, revaluation_usd) <> (0, 0, 0, 0, 0)
order by parted.number;
