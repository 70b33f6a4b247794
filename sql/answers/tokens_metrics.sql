-- question: What did each token in the wallets gain, and since when is it held? (as 1inch tokens/metrics)
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter asset: Only this asset, by its CAIP-19 type or symbol; default all.
-- column asset_id varchar: The asset as its CAIP-19 type.
-- column symbol varchar: Its symbol as a provider said last, untrusted text.
-- column group_id varchar: The group of assets that it belongs to, itself where there is none.
-- column since_effective timestamp: The first complete instant of what is asked for, UTC.
-- column until_effective timestamp: The last complete instant of what is asked for, UTC.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars, NULL where what is held has no known price.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars, NULL where what is held has no known price.
-- column quantity double: Whole units at the last instant.
-- column inflow_usd decimal(38,6): What was moved in, netted within each step, US dollars.
-- column outflow_usd decimal(38,6): What was moved out, netted within each step, US dollars.
-- column net_flow_usd decimal(38,6): Inflow less outflow, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column ambiguous_usd decimal(38,6): How much of profit could as well be flow, or the other way round, US dollars.
-- column roi double: Profit as a fraction of opening, inflow and what entered the scope, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 365 days.
-- column holding_time_days bigint: Whole days since the present holding began, none where it is not held at the last instant.
-- column is_at_least boolean: Whether it was held at the first instant of the history already.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why something is NULL, one code, none where nothing is.
create or replace macro tokens_metrics(
    since := null, until := null, account := null, account_group := null, chain := null, asset := null
) as table
select
    gained.id as asset_id, described.symbol, coalesce(asset_group.group_id, gained.id) as group_id,
    gained.since_effective, gained.until_effective, gained.opening_usd, gained.closing_usd, gained.quantity,
    gained.inflow_usd, gained.outflow_usd, gained.net_flow_usd, gained.scope_usd, gained.revaluation_usd,
    gained.profit_abs_usd, gained.ambiguous_usd, gained.roi, gained.modified_dietz_return, gained.weighted_apr, gained.is_short,
    gained.holding_time_days, gained.is_at_least, gained.method, gained.reason
from gains(since, until, account, account_group, chain, 'asset') as gained
left join described on described.asset_id = gained.id
left join asset_group on asset_group.asset_id = gained.id
where asset is null or lower(asset::varchar) in (lower(gained.id), lower(described.symbol))
order by abs(gained.profit_abs_usd) desc nulls last, gained.id
