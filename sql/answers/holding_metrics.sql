-- question: What did each asset, position, account or group of assets gain on what was put into it?
-- As `returns` for a whole, by docs/metrics.md: flows are netted within each row and step, so a swap is a flow of both assets.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: asset (in wallets), position, account, chain or asset_group; default asset.
-- column per varchar: What a row is about: asset, position, account, chain or asset_group.
-- column id varchar: Which one; a position as account, chain and position id.
-- column since_effective timestamp: The first complete instant of what is asked for, UTC.
-- column until_effective timestamp: The last complete instant of what is asked for, UTC.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars, NULL where what is held has no known price.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars, NULL where what is held has no known price.
-- column quantity double: Whole units at the last instant, of rows that are about one asset.
-- column inflow_usd decimal(38,6): What was moved in, netted within each step, US dollars.
-- column outflow_usd decimal(38,6): What was moved out, netted within each step, US dollars.
-- column net_flow_usd decimal(38,6): Inflow less outflow, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column accrual_usd decimal(38,6): What it earned or owed by itself, US dollars: a part of income.
-- column income_usd decimal(38,6): What it earned or owed: accrual and claimed rewards, US dollars.
-- column fee_usd decimal(38,6): What was lost to fees and penalties, below zero, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column rewards_usd decimal(38,6): Unclaimed rewards at the last instant, which are no part of the value, US dollars, NULL where unknown.
-- column ambiguous_usd decimal(38,6): How much of profit could as well be flow, or the other way round, US dollars.
-- column roi double: Profit as a fraction of opening, inflow and what entered the scope, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 365 days.
-- column holding_time_days bigint: Whole days since the present holding began, none where it is not held at the last instant.
-- column is_at_least boolean: Whether it was held at the first instant of the history already.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why something is NULL, one code, none where nothing is.
create or replace macro holding_metrics(
    since := null, until := null, account := null, account_group := null, chain := null, per := 'asset'
) as table
with
    asked as (
        select case
            when per::varchar in ('asset', 'position', 'account', 'chain', 'asset_group') then per::varchar
            else error('there are no metrics per ' || per::varchar || '; there are per asset, position, account, chain, asset_group')
        end as per
    ),
    gained as (
        select * from gains(since, until, account, account_group, chain, per)
    ),
    unclaimed as (
        select
            part_id(per::varchar, held.account_id, held.chain_id, held.layer, held.position_id, held.asset_id, asset_group.group_id)
                as id,
            sum(held.value_usd) as rewards_usd
        from record_holding as held
        join accounts_meant(account, account_group) as mine on mine.account_id = held.account_id
        join (select max(gained.until_effective) as as_of from gained) as ended on held.as_of = ended.as_of
        left join asset_group on asset_group.asset_id = held.asset_id
        where held.layer = 'reward' and (chain is null or held.chain_id = chain::varchar)
            and is_part(per::varchar, held.layer, held.position_id)
        group by 1
    ),
    reward as (
        select bool_and(held.is_recorded) as is_known
        from cell_scope as held
        join accounts_meant(account, account_group) as mine on mine.account_id = held.account_id
        join (select max(gained.until_effective) as as_of from gained) as ended on held.as_of = ended.as_of
        where held.layer = 'reward' and (chain is null or held.chain_id = chain::varchar)
    )
select
    asked.per, gained.id, gained.since_effective, gained.until_effective, gained.opening_usd, gained.closing_usd,
    gained.quantity, gained.inflow_usd, gained.outflow_usd, gained.net_flow_usd, gained.scope_usd,
    gained.revaluation_usd, gained.price_effect_usd, gained.accrual_usd, gained.income_usd, gained.fee_usd, gained.profit_abs_usd,
    -- zero: where every reward was asked for and answered, what has none has none
    case when unclaimed.id is null and reward.is_known then 0 else unclaimed.rewards_usd end::decimal(38, 6) as rewards_usd,
    gained.ambiguous_usd, gained.roi, gained.modified_dietz_return,
    gained.weighted_apr, gained.is_short, gained.holding_time_days, gained.is_at_least, gained.method, gained.reason
from asked
join gained on asked.per is not null
cross join reward
left join unclaimed on unclaimed.id = gained.id
order by abs(gained.profit_abs_usd) desc nulls last, gained.id
