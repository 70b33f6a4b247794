-- macro: What each asset, position, account, chain or asset group gained on what was put into it; rewards are left out.
-- What is held without a known price at one end has no value there and no ratios; where nothing was booked of it, no numbers.
-- Holdings are followed by what arrived and what left: a holding begins where the count of rows held rises from none.
-- parameter since: Date or instant; NULL for the first of the history.
-- parameter until: Date, with its whole day, or instant, inclusive; NULL for the last of the history.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
-- parameter per: asset (in wallets), position, account, chain or asset_group.
-- column id: Which one; the other columns are those of holding_metrics.
create or replace macro gains(since, until, account, account_group, chain, per) as table
with
    asked as (
        select any_value(total.scope_id) as scope_id, any_value(total.chain_id) as chain_id,
            min(total.as_of) as since_effective, max(total.as_of) as until_effective,
            epoch(max(total.as_of) - min(total.as_of)) / 86400 as days
        from totals_meant(since, until, account, account_group, chain) as total
        where total.is_complete
    ),
    mine as (
        select change.*,
            part_id(per::varchar, change.account_id, change.chain_id, change.layer, change.position_id, change.asset_id,
                asset_group.group_id) as id,
            asked.since_effective, asked.until_effective, asked.days, change.as_of > asked.since_effective as is_after
        from asked
        join scope on scope.scope_id = asked.scope_id
        join change on change.account_hash = scope.account_hash and change.account_id = scope.account_id and change.as_of <= asked.until_effective
        left join asset_group on asset_group.asset_id = change.asset_id
        where (asked.chain_id = 'all' or change.chain_id = asked.chain_id)
            and is_part(per::varchar, change.layer, change.position_id)
            and not (per::varchar = 'asset' and change.asset_id like '%/flows:classified')
    ),
    summed as (
        select mine.id,
            bool_or(mine.as_of = mine.since_effective and (mine.is_held or mine.value_usd is not null)) as is_opening,
            bool_or(mine.as_of = mine.until_effective and (mine.is_held or mine.value_usd is not null)) as is_closing,
            sum(mine.value_usd) filter (where mine.as_of = mine.since_effective) as opening_usd,
            sum(mine.value_usd) filter (where mine.as_of = mine.until_effective) as closing_usd,
            list_sum(list(mine.quantity order by mine.account_id, mine.chain_id, mine.position_id)
                filter (where mine.as_of = mine.until_effective and mine.is_held)) as quantity,
            min(mine.asset_id) as first_asset, max(mine.asset_id) as last_asset,
            sum(mine.scope_usd) filter (where mine.is_after) as scope_usd,
            sum(mine.revaluation_usd) filter (where mine.is_after) as revaluation_usd,
            sum(mine.price_effect_usd) filter (where mine.is_after) as price_effect_usd,
            sum(mine.accrual_usd) filter (where mine.is_after) as accrual_usd,
            sum(mine.income_usd) filter (where mine.is_after) as income_usd,
            sum(mine.fee_usd) filter (where mine.is_after) as fee_usd,
            sum(mine.ambiguous_usd) filter (where mine.is_after) as ambiguous_usd,
            sum(mine.entry_usd) filter (where mine.is_after and mine.entry_usd > 0) as entered_usd,
            bool_or(mine.is_after) as has_moved
        from mine
        group by mine.id
    ),
    flowed as (
        select netted.id,
            sum(netted.flow_usd) filter (where netted.flow_usd > 0) as inflow_usd,
            -sum(netted.flow_usd) filter (where netted.flow_usd < 0) as outflow_usd,
            list_sum(list((netted.flow_usd + netted.entry_usd)::double * netted.weight order by netted.as_of)) as weighted_usd
        from (
            select mine.id, mine.as_of, sum(mine.flow_usd) as flow_usd, sum(mine.entry_usd) as entry_usd,
                any_value(epoch(mine.until_effective - mine.as_of) / 86400 / mine.days) as weight
            from mine
            where mine.is_after and (mine.flow_usd <> 0 or mine.entry_usd <> 0)
            group by mine.id, mine.as_of
        ) as netted
        group by netted.id
    ),
    turned as (
        select mine.id, mine.as_of, sum(mine.is_held::integer - mine.is_held_before::integer) as turn,
            bool_or(mine.is_held and mine.previous_as_of is null) as is_first
        from mine
        where mine.is_held <> mine.is_held_before
        group by mine.id, mine.as_of
    ),
    begun as (
        select counted.id, max(counted.as_of) filter (where counted.held > 0 and counted.held = counted.turn) as since_as_of,
            arg_max(counted.is_first, counted.as_of) filter (where counted.held > 0 and counted.held = counted.turn) as is_at_least
        from (
            select turned.*, sum(turned.turn) over (partition by turned.id order by turned.as_of) as held from turned
        ) as counted
        group by counted.id
        having arg_max(counted.held, counted.as_of) > 0
    ),
    measured as (
        select summed.id, asked.since_effective, asked.until_effective, asked.days,
            case when summed.first_asset = summed.last_asset then summed.quantity end as quantity,
            -- zero: what is not there at a complete instant is worth nothing; what is there without a price is NULL
            case when summed.is_opening then summed.opening_usd else 0 end::decimal(38, 6) as opening_usd,
            case when summed.is_closing then summed.closing_usd else 0 end::decimal(38, 6) as closing_usd,
            -- zero: where no step lies between the two instants, or none with a flow, nothing changed or moved
            coalesce(flowed.inflow_usd, 0::decimal(38, 6)) as inflow_usd,
            coalesce(flowed.outflow_usd, 0::decimal(38, 6)) as outflow_usd,
            coalesce(summed.scope_usd, 0::decimal(38, 6)) as scope_usd,
            coalesce(summed.revaluation_usd, 0::decimal(38, 6)) as revaluation_usd,
            coalesce(summed.price_effect_usd, 0::decimal(38, 6)) as price_effect_usd,
            coalesce(summed.accrual_usd, 0::decimal(38, 6)) as accrual_usd,
            coalesce(summed.income_usd, 0::decimal(38, 6)) as income_usd,
            coalesce(summed.fee_usd, 0::decimal(38, 6)) as fee_usd,
            coalesce(summed.ambiguous_usd, 0::decimal(38, 6)) as ambiguous_usd,
            coalesce(summed.entered_usd, 0::decimal(38, 6)) as entered_usd,
            coalesce(flowed.weighted_usd, 0.0::double) as weighted_usd,
            begun.since_as_of, begun.is_at_least
        from summed
        cross join asked
        left join flowed on flowed.id = summed.id
        left join begun on begun.id = summed.id
        where summed.has_moved or summed.is_opening or summed.is_closing
    ),
    gained as (
        select measured.*, measured.price_effect_usd + measured.income_usd + measured.fee_usd as profit_usd,
            measured.opening_usd is not null and measured.closing_usd is not null as is_known,
            is_known or (inflow_usd, outflow_usd, scope_usd, revaluation_usd, price_effect_usd, income_usd, fee_usd) <> (0, 0, 0, 0, 0, 0, 0)
                as is_booked,
            case when is_known then measured.opening_usd + measured.inflow_usd + measured.entered_usd end as capital_usd,
            case when is_known then measured.opening_usd::double + measured.weighted_usd end as average_usd
        from measured
    )
select
    gained.id, gained.since_effective, gained.until_effective, gained.opening_usd, gained.closing_usd, gained.quantity,
    case when gained.is_booked then gained.inflow_usd end::decimal(38, 6) as inflow_usd,
    case when gained.is_booked then gained.outflow_usd end::decimal(38, 6) as outflow_usd,
    case when gained.is_booked then gained.inflow_usd - gained.outflow_usd end::decimal(38, 6) as net_flow_usd,
    case when gained.is_booked then gained.scope_usd end::decimal(38, 6) as scope_usd,
    case when gained.is_booked then gained.revaluation_usd end::decimal(38, 6) as revaluation_usd,
    case when gained.is_booked then gained.price_effect_usd end::decimal(38, 6) as price_effect_usd,
    case when gained.is_booked then gained.accrual_usd end::decimal(38, 6) as accrual_usd,
    case when gained.is_booked then gained.income_usd end::decimal(38, 6) as income_usd,
    case when gained.is_booked then gained.fee_usd end::decimal(38, 6) as fee_usd,
    case when gained.is_booked then gained.ambiguous_usd end::decimal(38, 6) as ambiguous_usd,
    case when gained.is_booked then gained.profit_usd end::decimal(38, 6) as profit_abs_usd,
    case when gained.capital_usd > 0 then (gained.profit_usd / gained.capital_usd)::double end as roi,
    case when gained.average_usd > 0 then gained.profit_usd::double / gained.average_usd end as modified_dietz_return,
    case when gained.average_usd > 0 and gained.days >= 1
        then gained.profit_usd::double / gained.average_usd * 365 / gained.days end as weighted_apr,
    gained.days < 365 as is_short,
    floor(epoch(gained.until_effective - gained.since_as_of) / 86400)::bigint as holding_time_days, gained.is_at_least,
    'implied_from_snapshots' as method,
    case
        when not gained.is_known and per::varchar in ('asset', 'asset_group', 'position') then 'unpriced'
        when not gained.is_known then 'nothing_priced'
        when gained.capital_usd <= 0 or gained.average_usd <= 0 then 'no_capital'
        when gained.days < 1 then 'too_short'
    end as reason
from gained
