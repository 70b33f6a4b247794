-- question: Who may take how much of what from the wallets at an instant, and what is at risk? (as 1inch Balance allowances)
-- Only spenders that the settings name are asked about, so no row is no proof that nobody may take anything. A question that was not
-- answered is one row without an asset, with the reason. What is at risk is the smaller of allowance and balance; several
-- spenders may be after the same balance, so it does not add up over them. A chain's own coin knows no allowance:
-- the provider writes 2^256 - 1 for it always, and nothing is at risk by that.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column spender varchar: The contract that may move the asset, in lower case.
-- column asset_id varchar: The asset as its CAIP-19 type, none where the question was not answered.
-- column symbol varchar: Its symbol as a provider said last, untrusted text.
-- column allowance_raw varchar: Exact allowance in base units, decimal digits.
-- column is_unlimited boolean: Whether it is 2^256 - 1, which wallets write for everything.
-- column decimals smallint: How many decimals the base unit has.
-- column is_held boolean: Whether the wallet holds the asset, by its record; none where the wallet is missing.
-- column amount double: How much it holds in whole units.
-- column amount_raw varchar: How much it holds in base units, decimal digits, none where nobody gives it.
-- column value_usd decimal(38,6): What it holds of it, counted or not, booked value in US dollars.
-- column at_risk_usd decimal(38,6): What of that the spender may take, US dollars, 0 where nothing is held.
-- column reason varchar: Why the row has no asset or what is at risk is not known, one code.
-- column provider varchar: The provider that was asked.
-- column observed_at timestamp: When the answer arrived, UTC.
create or replace macro allowances_at(as_of := null, account := null, account_group := null, chain := null) as table
with
    mine as (from accounts_meant(account, account_group)),
    asked as (select last_instant(as_of) as instant),
    cells as (
        select cell_scope.account_id, cell_scope.chain_id, cell_scope.is_recorded, cell_scope.reason
        from cell_scope
        join asked on cell_scope.as_of = asked.instant
        where cell_scope.layer = 'wallet'
    ),
    planned as (
        select max(snapshot.as_of) as instant
        from snapshot
        join asked on snapshot.as_of <= asked.instant
    ),
    question as (
        select distinct pull.provider, pull.pull_key, pull.observed_at, mine.account_id, mine.label,
            split_part(pull.pull_key, '/', 1) as chain_id, split_part(pull.pull_key, '/', 3) as spender,
            case
                when planned.instant < asked.instant then 'missed_tick'
                when pull.outcome in ('failed', 'not_available') then pull.outcome || ':' || pull.reason
                when cell.outcome in ('failed', 'not_available') then cell.outcome || ':' || cell.reason
            end as fault
        from pull
        join planned on pull.as_of = planned.instant
        cross join asked
        left join cell on cell.as_of = pull.as_of and cell.provider = pull.provider and cell.pull_key = pull.pull_key
        join mine
            on mine.account_id = cell.account_id
            or (cell.account_id is null and lower(mine.address) = lower(split_part(pull.pull_key, '/', 4)))
        where pull.endpoint in ('allowances', 'aggregatedBalancesAndAllowances')
    ),
    token as (
        select held.account_id, held.chain_id, held.asset_id, any_value(held.decimals) as decimals,
            sum(held.amount) as amount, sum(held.value_usd) as value_usd, count(held.value_usd) = count(*) as is_valued,
            case when count(held.amount_raw) = count(*) then sum(held.amount_raw::bignum)::varchar end as amount_raw
        from tokens_snapshot(as_of := as_of, account := account, account_group := account_group, chain := chain) as held
        where held.asset_id is not null
        group by held.account_id, held.chain_id, held.asset_id
    ),
    described as (
        select said.asset_id,
            unnest(arg_max(struct_pack(symbol := said.symbol, decimals := said.decimals), said.recorded_at))
        from asset as said
        group by said.asset_id
    ),
    told as (
        select question.*, allowance.asset_id, allowance.allowance_raw, described.symbol,
            coalesce(token.decimals, described.decimals) as decimals,
            cells.is_recorded is true as is_wallet_known, token.asset_id is not null as is_found,
            token.amount, token.amount_raw, case when token.is_valued then token.value_usd end as value_usd,
            allowance.asset_id like '%/slip44:%' as is_coin,
            case
                when token.amount_raw is not null then allowance.allowance_raw::bignum >= token.amount_raw::bignum
                else allowance.allowance_raw::double / 10.0::double ** coalesce(token.decimals, described.decimals) >= token.amount
            end as covers_all,
            allowance.allowance_raw::double / 10.0::double ** coalesce(token.decimals, described.decimals) as allowed
        from question
        left join allowance
            on question.fault is null and allowance.as_of = (select asked.instant from asked)
            and allowance.provider = question.provider and allowance.pull_key = question.pull_key
            and allowance.account_id = question.account_id
        left join cells on cells.account_id = question.account_id and cells.chain_id = question.chain_id
        left join token
            on token.account_id = question.account_id and token.chain_id = question.chain_id
            and token.asset_id = allowance.asset_id
        left join described on described.asset_id = allowance.asset_id
        where (chain is null or question.chain_id = chain::varchar)
            and (allowance.asset_id is not null or question.fault is not null)
    ),
    judged as (
        select told.*,
            case
                when told.fault is not null then told.fault
                when told.is_coin then 'native_coin'
                when not told.is_wallet_known then 'missing_cell'
                when not told.is_found then null
                when told.covers_all is null then 'decimals_unknown'
                when told.value_usd is null then 'unpriced'
            end as cause
        from told
    )
select
    asked.instant as as_of, judged.account_id, judged.label, judged.chain_id, judged.spender, judged.asset_id,
    judged.symbol, judged.allowance_raw,
    judged.allowance_raw = '115792089237316195423570985008687907853269984665640564039457584007913129639935' as is_unlimited,
    judged.decimals,
    case when judged.asset_id is not null and judged.is_wallet_known then judged.is_found end as is_held,
    judged.amount, judged.amount_raw, judged.value_usd::decimal(38, 6) as value_usd,
    (case
        when judged.cause is not null then null
        when not judged.is_found then 0::decimal(38, 6)
        when judged.covers_all then judged.value_usd
        else judged.value_usd * judged.allowed / judged.amount
    end)::decimal(38, 6) as at_risk_usd,
    judged.cause as reason, judged.provider, case when judged.cause is distinct from 'missed_tick' then judged.observed_at end as observed_at
from judged
cross join asked
order by at_risk_usd desc nulls last, judged.label, judged.chain_id, judged.spender, judged.asset_id
