-- question: How much of each asset is in the wallets over all accounts and chains, exactly? (as OneBalance aggregated-balance)
-- Wallets only, by the provider of record, what counts only; one row a group of assets. A sum of base units is exact, to
-- 2^256 and beyond; it stands where every leg has an exact amount and all have the same decimals. As soon as a wallet in scope has no
-- record every total is NULL, with what is known beside; where nothing else is told, a row without a group tells the reason.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column group_id varchar: The group of assets, an asset without a group itself, none for what is missing.
-- column symbol varchar: The symbol of its most valuable leg, untrusted text.
-- column amount_raw varchar: Exact sum in base units, decimal digits.
-- column decimals smallint: How many decimals the base unit of the sum has, none where the legs differ.
-- column amount double: Sum in whole units, approximate beyond 15 digits.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where a wallet in scope has no record.
-- column known_amount double: Sum in whole units of the wallets that have a record.
-- column known_value_usd decimal(38,6): Booked value of the wallets that have a record, US dollars.
-- column unpriced_count bigint: How many legs have no known value.
-- column legs struct(account_id varchar, chain_id varchar, asset_id varchar, amount_raw varchar, decimals smallint, amount double, value_usd decimal(18,6), provider varchar)[]: What it is made of, by account and chain.
-- column missing varchar[]: Each missing wallet with its reason, as account / chain / wallet: reason.
-- column reason varchar: Why totals are NULL, one code: missed_tick or missing_cell; or the exact sum alone: no_raw_amount, decimals_unknown or decimals_differ.
create or replace macro aggregated_balance(as_of := null, account := null, account_group := null, chain := null) as table
with
    token as (
        select * from tokens_snapshot(as_of := as_of, account := account, account_group := account_group, chain := chain)
    ),
    gap as (
        select
            coalesce(
                list(token.label || ' / ' || token.chain_id || ' / wallet: ' || token.missing_reason
                    order by token.label, token.chain_id) filter (where token.missing_reason is not null),
                []
            ) as missing,
            case when bool_or(token.missing_reason = 'missed_tick') then 'missed_tick'
                when count(token.missing_reason) > 0 then 'missing_cell' end as cause
        from token
    ),
    summed as (
        select any_value(token.as_of) as instant, token.group_id,
            arg_max(token.symbol, (coalesce(token.value_usd, -1), token.asset_id)) as symbol,
            case when count(token.amount_raw) = count(*) and count(token.decimals) = count(*)
                and count(distinct token.decimals) = 1 then sum(token.amount_raw::bignum)::varchar end as exact_raw,
            case when count(token.decimals) = count(*) and count(distinct token.decimals) = 1
                then any_value(token.decimals) end as decimals,
            case when count(token.amount_raw) < count(*) then 'no_raw_amount'
                when count(token.decimals) < count(*) then 'decimals_unknown'
                when count(distinct token.decimals) > 1 then 'decimals_differ' end as inexact,
            case when count(token.amount) = count(*)
                then list_sum(list(token.amount order by token.account_id, token.chain_id, token.asset_id)) end as sized,
            sum(token.value_usd)::decimal(38, 6) as known_value_usd,
            count(*) - count(token.value_usd) as unpriced_count,
            list(
                struct_pack(
                    account_id := token.account_id, chain_id := token.chain_id, asset_id := token.asset_id,
                    amount_raw := token.amount_raw, decimals := token.decimals, amount := token.amount,
                    value_usd := token.value_usd, provider := token.provider
                )
                order by token.label, token.chain_id, token.asset_id
            ) as legs
        from token
        where token.is_counted
        group by token.group_id
        union all by name
        select distinct token.as_of as instant, []::struct(account_id varchar, chain_id varchar, asset_id varchar,
            amount_raw varchar, decimals smallint, amount double, value_usd decimal(18, 6), provider varchar)[] as legs
        from token
        where token.missing_reason is not null
    ),
    measured as (
        select summed.*,
            case when summed.exact_raw is null then summed.sized
                else summed.exact_raw::double / 10.0::double ** summed.decimals end as known_amount
        from summed
    )
select
    measured.instant as as_of, measured.group_id, measured.symbol,
    case when gap.cause is null then measured.exact_raw end as amount_raw, measured.decimals,
    case when gap.cause is null then measured.known_amount end as amount,
    case when gap.cause is null then measured.known_value_usd end as value_usd,
    measured.known_amount, measured.known_value_usd, measured.unpriced_count, measured.legs, gap.missing,
    coalesce(gap.cause, measured.inexact) as reason
from measured
cross join gap
order by measured.known_value_usd desc nulls last, measured.group_id
