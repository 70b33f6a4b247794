-- question: What did each asset, position, account or group of assets gain on what was put into it?
-- As `returns` for a whole, by docs/metrics.md: flows are netted within each row and step, so a swap is a flow of both assets.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: asset (in wallets), position, account, chain or asset_group; default asset.
-- column per varchar: What a row is about: asset, position, account, chain or asset_group.
-- column id varchar: Which one; a position as account, chain and position id.
-- column since_effective timestamp: The first complete instant of what is asked for, UTC.
-- column until_effective timestamp: The last complete instant of what is asked for, UTC.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars.
-- column quantity double: Whole units at the last instant, of rows that are about one asset.
-- column inflow_usd decimal(38,6): What was moved in, netted within each step, US dollars.
-- column outflow_usd decimal(38,6): What was moved out, netted within each step, US dollars.
-- column net_flow_usd decimal(38,6): Inflow less outflow, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column accrual_usd decimal(38,6): What it earned or owed by itself, US dollars.
-- column profit_abs_usd decimal(38,6): Price and accrual, US dollars.
-- column rewards_usd decimal(38,6): Unclaimed rewards at the last instant, which are no part of the value, US dollars.
-- column roi double: Profit as a fraction of opening and inflow, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 180 days.
-- column holding_time_days bigint: Whole days since the present holding began, none where it is not held at the last instant.
-- column is_at_least boolean: Whether it was held at the first instant of the history already.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why something is NULL, one code, none where nothing is.
create or replace macro holding_metrics(
    since := null, until := null, account := null, account_group := null, chain := null, per := 'asset'
) as table
with
    whole as (
        select * from value_change(
            since := since, until := until, account := account, account_group := account_group, chain := chain
        )
    ),
    asked as (
        select whole.since_effective, whole.until_effective,
            epoch(whole.until_effective - whole.since_effective) / 86400 as days,
            case
                when per::varchar in ('asset', 'position', 'account', 'chain', 'asset_group') then per::varchar
                else error('there are no metrics per ' || per::varchar || '; there are per asset, position, account, chain, asset_group')
            end as asked_per
        from whole
        where whole.reason is null
    ),
    mine as (select * from accounts_meant(account, account_group)),
    held as (
        select record_holding.*,
            part_id(
                asked.asked_per, record_holding.account_id, record_holding.chain_id, record_holding.layer, record_holding.position_id,
                record_holding.asset_id, asset_group.group_id
            ) as id
        from record_holding
        join mine using (account_id)
        cross join asked
        left join asset_group using (asset_id)
        where (chain is null or record_holding.chain_id = chain_meant(chain))
            and record_holding.as_of <= asked.until_effective
            and is_part(asked.asked_per, record_holding.layer, record_holding.position_id)
    ),
    moved as (
        select change.as_of,
            part_id(
                asked.asked_per, change.account_id, change.chain_id, change.layer, change.position_id,
                change.asset_id, asset_group.group_id
            ) as id,
            sum(change.flow_usd) as flow_usd, sum(change.scope_usd) as scope_usd,
            sum(change.revaluation_usd) as revaluation_usd, sum(change.price_effect_usd) as price_effect_usd,
            sum(change.accrual_usd) as accrual_usd
        from change
        join mine using (account_id)
        join asked on change.as_of > asked.since_effective and change.as_of <= asked.until_effective
        left join asset_group using (asset_id)
        where (chain is null or change.chain_id = chain_meant(chain))
            and is_part(asked.asked_per, change.layer, change.position_id)
            and not (asked.asked_per = 'asset' and change.asset_id like '%/flows:classified')
        group by 1, 2
    ),
    flowed as (
        select moved.id,
            sum(greatest(moved.flow_usd, 0)) as inflow_usd, sum(greatest(-moved.flow_usd, 0)) as outflow_usd,
            sum(moved.scope_usd) as scope_usd, sum(moved.revaluation_usd) as revaluation_usd,
            sum(moved.price_effect_usd) as price_effect_usd, sum(moved.accrual_usd) as accrual_usd,
            list_sum(list(moved.flow_usd::double * epoch(asked.until_effective - moved.as_of) / 86400 / asked.days
                order by moved.as_of)) as weighted_usd
        from moved
        cross join asked
        group by moved.id
    ),
    ends as (
        select held.id,
            sum(held.value_usd) filter (where held.as_of = asked.since_effective and held.layer <> 'reward') as opening_usd,
            sum(held.value_usd) filter (where held.as_of = asked.until_effective and held.layer <> 'reward') as closing_usd,
            sum(held.value_usd) filter (where held.as_of = asked.until_effective and held.layer = 'reward') as rewards_usd,
            case when count(distinct held.asset_id) = 1
                then list_sum(list(held.quantity order by held.account_id, held.chain_id, held.position_id, held.provider)
                filter (where held.as_of = asked.until_effective and held.layer <> 'reward')) end as quantity
        from held
        cross join asked
        group by held.id
    ),
    answered as (
        select cell_scope.as_of
        from cell_scope
        join mine using (account_id)
        cross join asked
        where cell_scope.as_of <= asked.until_effective
            and (chain is null or cell_scope.chain_id = chain_meant(chain))
        group by cell_scope.as_of
        having bool_and(cell_scope.is_recorded)
    ),
    present as (select distinct held.id, held.as_of from held where held.layer <> 'reward'),
    absent as (
        select known.id, max(answered.as_of) as as_of
        from (select distinct present.id from present) as known
        cross join answered
        anti join present on present.id = known.id and present.as_of = answered.as_of
        group by known.id
    ),
    arrived as (
        select change.as_of,
            part_id(
                asked.asked_per, change.account_id, change.chain_id, change.layer, change.position_id,
                change.asset_id, asset_group.group_id
            ) as id
        from change
        join mine using (account_id)
        cross join asked
        left join asset_group using (asset_id)
        where change.previous_as_of is null
            and is_part(asked.asked_per, change.layer, change.position_id)
    ),
    held_since as (
        select present.id, min(present.as_of) as since_as_of, max(present.as_of) as last_as_of,
            any_value(absent.as_of) is null as is_first
        from present
        left join absent on absent.id = present.id
        where absent.as_of is null or present.as_of > absent.as_of
        group by present.id
    ),
    begun as (
        select held_since.*,
            held_since.is_first or (held_since.id, held_since.since_as_of) in (
                select (arrived.id, arrived.as_of) from arrived
            ) as is_at_least
        from held_since
    ),
    measured as (
        select known.id, asked.*, ends.quantity,
            coalesce(ends.opening_usd, 0::decimal(38, 6)) as opening_usd,
            coalesce(ends.closing_usd, 0::decimal(38, 6)) as closing_usd,
            coalesce(ends.rewards_usd, 0::decimal(38, 6)) as rewards_usd,
            coalesce(flowed.inflow_usd, 0::decimal(38, 6)) as inflow_usd,
            coalesce(flowed.outflow_usd, 0::decimal(38, 6)) as outflow_usd,
            coalesce(flowed.scope_usd, 0::decimal(38, 6)) as scope_usd,
            coalesce(flowed.revaluation_usd, 0::decimal(38, 6)) as revaluation_usd,
            coalesce(flowed.price_effect_usd, 0::decimal(38, 6)) as price_effect_usd,
            coalesce(flowed.accrual_usd, 0::decimal(38, 6)) as accrual_usd,
            coalesce(flowed.weighted_usd, 0.0::double) as weighted_usd,
            begun.since_as_of, begun.is_at_least
        from (
            select flowed.id from flowed
            union
            select ends.id from ends where ends.opening_usd is not null or ends.closing_usd is not null
        ) as known
        cross join asked
        left join ends using (id)
        left join flowed using (id)
        left join begun on begun.id = known.id and begun.last_as_of = asked.until_effective
    ),
    gained as (
        select measured.*, measured.price_effect_usd + measured.accrual_usd as profit_usd,
            measured.opening_usd + measured.inflow_usd as capital_usd,
            measured.opening_usd::double + measured.weighted_usd as average_usd
        from measured
    )
select
    gained.asked_per as per, gained.id, gained.since_effective, gained.until_effective, gained.opening_usd,
    gained.closing_usd, gained.quantity, gained.inflow_usd::decimal(38, 6) as inflow_usd,
    gained.outflow_usd::decimal(38, 6) as outflow_usd,
    (gained.inflow_usd - gained.outflow_usd)::decimal(38, 6) as net_flow_usd, gained.scope_usd,
    gained.revaluation_usd, gained.price_effect_usd, gained.accrual_usd, gained.profit_usd as profit_abs_usd,
    gained.rewards_usd,
    case when gained.capital_usd > 0 then (gained.profit_usd / gained.capital_usd)::double end as roi,
    case when gained.average_usd > 0 then gained.profit_usd::double / gained.average_usd end as modified_dietz_return,
    case when gained.average_usd > 0 and gained.days >= 1
        then gained.profit_usd::double / gained.average_usd * 365 / gained.days end as weighted_apr,
    gained.days < 180 as is_short,
    floor(epoch(gained.until_effective - gained.since_as_of) / 86400)::bigint as holding_time_days, gained.is_at_least,
    'implied_from_snapshots' as method,
    case
        when gained.capital_usd <= 0 or gained.average_usd <= 0 then 'no_capital'
        when gained.days < 1 then 'too_short'
    end as reason
from gained
order by abs(gained.profit_usd) desc, gained.id
