-- claim: Makes `step_row`: one row a holding in each pending step, with its quantity, price and value at both ends.
-- Where shares and a rate are stated at both ends, `rate_income` is what the shares earned, and `transferred` the rest of the change in quantity.
-- `end_of_step` names the instants that are read, so that only these are scanned. Unclaimed rewards are no part of the value; their
-- rows are here because a claim is told by them, under the negative number of the step of their positions.
create or replace temp table end_of_step as
with
    reward_step as (
        select step.number, step.as_of, step.previous_as_of, step.provider, step.account_id, step.chain_id,
            earlier.previous_as_of as earlier_as_of
        from pending_step as step
        join cell_status as closing
            on closing.as_of = step.as_of and closing.account_id = step.account_id and closing.chain_id = step.chain_id
            and closing.layer = 'reward' and closing.is_recorded and closing.provider = step.provider
        join cell_status as opening
            on opening.as_of = step.previous_as_of and opening.account_id = step.account_id and opening.chain_id = step.chain_id
            and opening.layer = 'reward' and opening.is_recorded and opening.provider = step.provider
        left join cell_step as earlier
            on earlier.as_of = step.previous_as_of and earlier.account_id = step.account_id and earlier.chain_id = step.chain_id
            and earlier.layer = 'position' and earlier.kind = 'measured' and earlier.provider = step.provider
        where step.layer = 'position' and step.kind = 'measured'
    )
select step.number, step.as_of as read_as_of, step.provider as read_provider, step.account_id, step.chain_id, step.layer,
    true as is_closing, false as is_opening, false as is_before, false as is_earlier
from pending_step as step
where step.kind <> 'left'
union all
select step.number, step.previous_as_of, step.provider, step.account_id, step.chain_id, step.layer,
    false, true, step.kind = 'measured', false
from pending_step as step
where step.kind in ('measured', 'switched')
union all
select step.number, step.previous_as_of, step.previous_provider, step.account_id, step.chain_id, step.layer,
    false, false, true, false
from pending_step as step
where step.kind in ('switched', 'unmatched', 'left')
union all
select -reward_step.number, reward_step.as_of, reward_step.provider, reward_step.account_id, reward_step.chain_id, 'reward',
    true, false, false, false
from reward_step
union all
select -reward_step.number, reward_step.previous_as_of, reward_step.provider, reward_step.account_id, reward_step.chain_id, 'reward',
    false, true, false, false
from reward_step
union all
select -reward_step.number, reward_step.earlier_as_of, reward_step.provider, reward_step.account_id, reward_step.chain_id, 'reward',
    false, false, false, true
from reward_step
where reward_step.earlier_as_of is not null;

create or replace temp table step_row as
with
    side as (
        select step.number, step.is_closing, step.is_opening, step.is_before, step.is_earlier, step.read_as_of,
            holding.position_id, holding.asset_id, holding.shares_raw, try_cast(holding.rate_raw as double) as rate,
            case when step.layer = 'debt' then -holding.amount else holding.amount end as quantity, holding.value_usd,
            coalesce(holding.value_usd, holding.stand_in_usd) as stood_usd,
            case
                when holding.value_usd is not null and holding.price_usd is not null then holding.price_usd
                when holding.amount <> 0 then abs(coalesce(holding.value_usd, holding.stand_in_usd)::double) / holding.amount
            end as price_usd
        from end_of_step as step
        join holding
            on holding.as_of = step.read_as_of and holding.provider = step.read_provider
            and holding.account_id = step.account_id and holding.chain_id = step.chain_id
            and holding.layer = step.layer
        where holding.is_counted
    ),
    row_at_ends as (
        select side.number, side.position_id, side.asset_id,
            bool_or(side.is_opening) as was_there,
            bool_or(side.is_closing) and coalesce(sum(side.quantity) filter (side.is_closing) <> 0, true) as is_there,
            sum(side.quantity) filter (side.is_opening) as quantity_0,
            sum(side.quantity) filter (side.is_closing) as quantity_1,
            sum(side.quantity) filter (side.is_earlier) as earlier_quantity,
            max(side.read_as_of) filter (side.is_earlier) as earlier_as_of,
            quantile_disc(side.price_usd, 0.5) filter (side.is_opening) as price_0,
            quantile_disc(side.price_usd, 0.5) filter (side.is_closing and side.quantity <> 0) as price_1,
            sum(side.value_usd) filter (side.is_opening) as stated_0,
            sum(side.value_usd) filter (side.is_closing) as stated_1,
            sum(side.stood_usd) filter (side.is_opening) as stood_0,
            sum(side.stood_usd) filter (side.is_closing) as stood_1,
            -- zero: the record of the provider before held nothing here, so nothing of it leaves with that provider
            coalesce(sum(side.value_usd) filter (not side.is_closing and not side.is_opening and not side.is_earlier), 0) as other_usd,
            any_value(side.shares_raw) filter (side.is_opening) as shares_0, any_value(side.rate) filter (side.is_opening) as rate_0,
            any_value(side.shares_raw) filter (side.is_closing) as shares_1, any_value(side.rate) filter (side.is_closing) as rate_1,
            bool_or(side.is_before) and sum(side.quantity) filter (side.is_before) is distinct from 0 as is_held_before,
            bool_or(side.is_closing) and sum(side.quantity) filter (side.is_closing) is distinct from 0 as is_held
        from side
        group by side.number, side.position_id, side.asset_id
    ),
    rank_of_provider as (
        select distinct cell.as_of, cell.provider, cell.record_rank
        from cell
        where cell.as_of in (select pending_step.as_of from pending_step)
    ),
    gone as (
        select distinct step.as_of, step.provider, row_at_ends.asset_id
        from row_at_ends
        join pending_step as step on step.number = abs(row_at_ends.number)
        where row_at_ends.was_there and not row_at_ends.is_there and row_at_ends.stood_0 is not null
    ),
    exit_price as (
        select gone.as_of, gone.provider, gone.asset_id,
            unnest(arg_min(
                struct_pack(price_usd := priced.price_usd, exit_price := case when priced.provider = gone.provider then 'provider' else 'other' end),
                (priced.provider <> gone.provider, rank_of_provider.record_rank, priced.price_usd)
            ))
        from gone
        join holding as priced
            on priced.as_of = gone.as_of and priced.asset_id = gone.asset_id and priced.price_status = 'priced'
        join rank_of_provider on rank_of_provider.as_of = priced.as_of and rank_of_provider.provider = priced.provider
        group by gone.as_of, gone.provider, gone.asset_id
    ),
    owner as (
        select position.as_of, position.provider, position.account_id, position.chain_id, position.position_id,
            any_value(position.protocol_id) as protocol_id
        from position
        where position.as_of in (select end_of_step.read_as_of from end_of_step)
        group by all
    ),
    joined as (
        select row_at_ends.*, step.as_of, step.previous_as_of, step.account_id, step.chain_id,
            case when row_at_ends.number < 0 then 'reward' else step.layer end as layer, step.kind, step.provider, step.account_hash,
            step.kind in ('measured', 'switched') as is_measured,
            coalesce(asset_group.group_id, row_at_ends.asset_id) as group_id,
            coalesce(at_end.protocol_id, at_begin.protocol_id) as protocol_id,
            case
                when row_at_ends.is_there then row_at_ends.price_1
                when row_at_ends.was_there then coalesce(exit_price.price_usd, row_at_ends.price_0)
            end as closing_price,
            case when row_at_ends.was_there and not row_at_ends.is_there and step.kind in ('measured', 'switched') and row_at_ends.stood_0 is not null
                then coalesce(exit_price.exit_price, 'opening') end as exit_price,
            -- zero: a row that is not there, or has no price at one end, adds nothing to that end's value
            coalesce(row_at_ends.stated_0, 0) as value_0,
            case when row_at_ends.is_there then coalesce(row_at_ends.stated_1, 0) else 0 end as value_1,
            coalesce(row_at_ends.stood_0, 0) as worth_0,
            case when row_at_ends.is_there then coalesce(row_at_ends.stood_1, 0) else 0 end as worth_1,
            case when row_at_ends.was_there then coalesce(row_at_ends.quantity_0, 0) else 0 end as held_0,
            case when row_at_ends.is_there then coalesce(row_at_ends.quantity_1, 0) else 0 end as held_1
        from row_at_ends
        join pending_step as step on step.number = abs(row_at_ends.number)
        left join asset_group on asset_group.asset_id = row_at_ends.asset_id
        left join owner as at_end
            on row_at_ends.position_id <> '' and at_end.as_of = step.as_of and at_end.provider = step.provider
            and at_end.account_id = step.account_id and at_end.chain_id = step.chain_id and at_end.position_id = row_at_ends.position_id
        left join owner as at_begin
            on row_at_ends.position_id <> '' and at_begin.as_of = step.previous_as_of and at_begin.provider = step.provider
            and at_begin.account_id = step.account_id and at_begin.chain_id = step.chain_id and at_begin.position_id = row_at_ends.position_id
        left join exit_price
            on row_at_ends.was_there and not row_at_ends.is_there
            and exit_price.as_of = step.as_of and exit_price.provider = step.provider and exit_price.asset_id = row_at_ends.asset_id
    ),
    measured as (
        select joined.*, joined.held_1 - joined.held_0 as moved,
            case
                when not joined.is_measured or joined.layer = 'reward' then null
                when joined.rate_0 > 0 and joined.rate_1 > 0 and joined.shares_0 = joined.shares_1 then moved
                when joined.rate_0 > 0 and joined.rate_1 > 0 and joined.shares_0 is not null and joined.shares_1 is not null
                then joined.held_0 * (joined.rate_1 / joined.rate_0 - 1)
            end as rate_income,
            joined.is_measured and joined.was_there and joined.is_there and (joined.stood_0 is null) <> (joined.stood_1 is null) as is_first_price,
            case
                when not joined.is_measured or not joined.was_there or joined.stood_0 is null then null
                when joined.is_there and joined.stood_1 is null then null
                when joined.is_there and joined.held_0 = joined.held_1 then joined.worth_1 - joined.worth_0
                when joined.price_0 is null then null
                when joined.exit_price = 'opening' then 0
                else try_cast(joined.held_0 * (joined.closing_price - joined.price_0) as decimal(18, 6))
            end as price_usd
        from joined
    )
select measured.* exclude (price_usd, shares_0, shares_1, rate_0, rate_1),
    -- zero: what has no rate earned nothing that is known beforehand
    measured.moved - coalesce(measured.rate_income, 0) as transferred,
    -- zero: what is not there at the begin, or has its first price, has no change of price
    coalesce(measured.price_usd, 0)::decimal(38, 6) as price_effect_usd,
    case
        when measured.is_first_price or (
            measured.is_measured and measured.was_there and measured.is_there and measured.stood_0 is not null and measured.price_usd is null
        ) then measured.worth_1 - measured.worth_0
        -- zero: what had a price at both ends has no first one
        else 0
    end::decimal(38, 6) as first_price_usd,
    measured.moved <> 0 and abs(measured.moved) > 1e-12 * greatest(abs(measured.held_0), abs(measured.held_1)) as has_moved,
    measured.is_measured and measured.rate_income is null and (
        measured.layer in ('position', 'debt') or measured.asset_id in (select rule.asset_id from rule where rule.is_rebasing)
    ) and measured.layer <> 'reward' as can_accrue,
    measured.layer not in ('position', 'debt') as is_rebasing
from measured;
