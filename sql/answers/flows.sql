-- question: Which movements of accounts are known from files of your own, and for which time are all of them known?
-- As imported: nothing is inferred from snapshots here, and what flows do to the numbers is no part of it.
-- parameter since: First instant, date or instant in UTC; default the first flow.
-- parameter until: Last day or instant, inclusive, UTC; default the last flow.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- column moved_at timestamp: The instant at which it moved, UTC; the first of its day where only the day is known.
-- column is_date_only boolean: Whether only the day is known on which it moved.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column kind varchar: What it was: deposit, withdrawal, yield, fee or internal.
-- column asset_id varchar: The asset as its CAIP-19 type.
-- column symbol varchar: Its symbol as a provider said last, untrusted text, none where no provider knows it.
-- column amount_exact varchar: Exact amount in whole units, decimal digits, above 0.
-- column amount double: Amount in whole units, approximate beyond 15 digits.
-- column note varchar: The owner's own words, untrusted text, none where there are none.
-- column covered_since timestamp: From when on every flow of the account is known, UTC, inclusive.
-- column covered_until timestamp: Until when every flow of the account is known, UTC, inclusive.
-- column recorded_at timestamp: When it was imported, UTC.
create or replace macro flows(since := null, until := null, account := null, account_group := null) as table
with
    mine as (from accounts_meant(account, account_group)),
    described as (
        select said.asset_id, arg_max(said.symbol, said.recorded_at) as symbol
        from asset as said
        group by said.asset_id
    )
select
    flow.moved_at, flow.is_date_only, flow.account_id, named.label, flow.kind, flow.asset_id, described.symbol, flow.amount_exact,
    flow.amount, flow.note, flowspan.since as covered_since, flowspan.until as covered_until, flow.recorded_at
from flow
join flowspan on flowspan.account_id = flow.account_id
join mine as named on named.account_id = flow.account_id
left join described on described.asset_id = flow.asset_id
where flow.moved_at between since_meant(since) and until_meant(until)
order by flow.moved_at, named.label, flow.asset_id, flow.kind, flow.amount, flow.note
