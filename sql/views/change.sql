-- view: One row an asset in a cell and step: what changed its booked value, in parts that add up exactly.
-- The definitions are docs/metrics.md: price, accrual, flow, scope and revaluation; a row that a step does not touch is
-- one with all parts 0.
-- column as_of: The instant at which the step ends, UTC.
-- column previous_as_of: The recorded instant before it, UTC, none where the cell entered.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position or debt.
-- column position_id: The provider's id of the position, empty for plain tokens.
-- column asset_id: The asset as its CAIP-19 type.
-- column price_effect_usd: What the price made of what was held, US dollars.
-- column accrual_usd: What the holding earned or owed by itself, US dollars.
-- column flow_usd: What was moved in, or out below zero, US dollars.
-- column scope_usd: What entered or left the scope or came with another provider of record, US dollars.
-- column revaluation_usd: What became priced or unpriced, US dollars.
-- column exit_price: Where the asset is gone, whose price it left at: provider, other or opening.
with
    side as (
        select step.as_of, step.previous_as_of, step.account_id, step.chain_id, step.layer, step.kind, step.provider,
            whose.is_closing, whose.is_own,
            holding.position_id, holding.asset_id,
            sum(case when step.layer = 'debt' then -holding.amount else holding.amount end) as quantity,
            any_value(holding.price_usd order by holding.pull_key) as price_usd,
            sum(holding.value_usd)::decimal(38, 6) as value_usd
        from cell_step as step
        join (values (true, true), (false, true), (false, false)) as whose(is_closing, is_own)
            on (whose.is_closing and step.kind <> 'left')
            or (not whose.is_closing and whose.is_own and step.kind in ('measured', 'switched'))
            or (not whose.is_own and step.kind in ('switched', 'unmatched', 'left'))
        join holding
            on holding.as_of = case when whose.is_closing then step.as_of else step.previous_as_of end
            and holding.provider = case when whose.is_own then step.provider else step.previous_provider end
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
            coalesce(any_value(side.value_usd) filter (not side.is_own), 0) as other_usd
        from side
        group by all
    ),
    rated as (
        select distinct cell.as_of, cell.provider, cell.record_rank from cell
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
        from cell_step
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
    parted.revaluation_usd::decimal(38, 6) as revaluation_usd, parted.exit_price
from parted
