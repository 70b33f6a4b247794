-- question: What did each protocol position gain, what does it owe in rewards, since when? (as 1inch protocols/metrics)
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column position_id varchar: The provider's id of the position.
-- column protocol_id varchar: The provider's id of the protocol group.
-- column kind varchar: What the provider calls it: lending, dex, staking and others.
-- column name varchar: The contract's own name, untrusted text.
-- column since_effective timestamp: The first complete instant of what is asked for, UTC.
-- column until_effective timestamp: The last complete instant of what is asked for, UTC.
-- column opening_usd decimal(38,6): Booked value at the first, US dollars, NULL where what is held has no known price.
-- column closing_usd decimal(38,6): Booked value at the last, US dollars, NULL where what is held has no known price.
-- column inflow_usd decimal(38,6): What was moved in, netted within each step, US dollars.
-- column outflow_usd decimal(38,6): What was moved out, netted within each step, US dollars.
-- column net_flow_usd decimal(38,6): Inflow less outflow, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column accrual_usd decimal(38,6): What it earned or owed by itself, US dollars: a part of income.
-- column income_usd decimal(38,6): What it earned or owed: accrual and claimed rewards, US dollars.
-- column fee_usd decimal(38,6): What was lost to fees and penalties, below zero, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column rewards_usd decimal(38,6): Unclaimed rewards at the last instant, which are no part of the value, US dollars.
-- column ambiguous_usd decimal(38,6): How much of profit could as well be flow, or the other way round, US dollars.
-- column roi double: Profit as a fraction of opening, inflow and what entered the scope, none where that is not above 0.
-- column modified_dietz_return double: Profit as a fraction of the average capital, none where that is not above 0.
-- column weighted_apr double: That for 365 days, from one day on.
-- column is_short boolean: Whether it is made from less than 365 days.
-- column holding_time_days bigint: Whole days since the present holding began, none where it is not held at the last instant.
-- column is_at_least boolean: Whether it was held at the first instant of the history already.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column reason varchar: Why something is NULL, one code, none where nothing is.
create or replace macro protocols_metrics(
    since := null, until := null, account := null, account_group := null, chain := null
) as table
with
    described as (
        select position.account_id, position.chain_id, position.position_id,
            unnest(arg_max(
                struct_pack(protocol_id := position.protocol_id, kind := position.kind, name := position.name), position.as_of
            ))
        from position
        group by position.account_id, position.chain_id, position.position_id
    )
select
    described.account_id, named.label, described.chain_id, described.position_id, described.protocol_id, described.kind,
    described.name, gained.since_effective, gained.until_effective, gained.opening_usd, gained.closing_usd,
    gained.inflow_usd, gained.outflow_usd, gained.net_flow_usd, gained.scope_usd, gained.revaluation_usd,
    gained.accrual_usd, gained.income_usd, gained.fee_usd, gained.profit_abs_usd, gained.rewards_usd,
    gained.ambiguous_usd, gained.roi, gained.modified_dietz_return,
    gained.weighted_apr, gained.is_short, gained.holding_time_days, gained.is_at_least, gained.method, gained.reason
from holding_metrics(
    since := since, until := until, account := account, account_group := account_group, chain := chain, per := 'position'
) as gained
join described on gained.id = described.account_id || '/' || described.chain_id || '/' || described.position_id
left join account as named on named.account_id = described.account_id
order by abs(gained.profit_abs_usd) desc nulls last, described.account_id, described.chain_id, described.position_id
