-- question: What is missing in the history, from when to when, why, and can it still be filled?
-- One row a cell in scope and stretch of ticks without a record for one and the same cause, rewards too; ticks are those of every
-- cadence ever used, taken or not, up to the last that was taken. Within a span only the ticks in it count.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column first_as_of timestamp: The first tick that is missing, UTC.
-- column last_as_of timestamp: The last tick that is missing, UTC.
-- column instants bigint: How many ticks that is.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column cause varchar: Why nothing is of record, one code, as in coverage.
-- column can_be_filled boolean: Whether somebody who can be asked for a past instant answered for this cell at another one, or was asked.
-- column is_open boolean: Whether the last tick of the history is among them.
-- column last_known_usd decimal(38,6): What the cell was worth before the gap, US dollars.
-- column remedy varchar: What to do about it, in plain words.
create or replace macro gaps(since := null, until := null, account := null, account_group := null, chain := null) as table
with
    mine as (from accounts_meant(account, account_group)),
    instant as (
        select listed.as_of, row_number() over (order by listed.as_of) as number,
            listed.as_of = max(listed.as_of) over () as is_last
        from (select distinct cell_status.as_of from cell_status) as listed
    ),
    missing as (
        select cell_scope.as_of, cell_scope.account_id, cell_scope.label, cell_scope.chain_id, cell_scope.layer,
            cell_scope.reason, cell_scope.last_known_usd, instant.is_last,
            instant.number - row_number() over (
                partition by cell_scope.account_id, cell_scope.chain_id, cell_scope.layer, cell_scope.reason
                order by cell_scope.as_of
            ) as run
        from cell_scope
        join instant on instant.as_of = cell_scope.as_of
        join mine on mine.account_id = cell_scope.account_id
        where not cell_scope.is_recorded and (chain is null or cell_scope.chain_id = chain::varchar)
            and cell_scope.as_of between since_meant(since) and until_meant(until)
    ),
    stretch as (
        select min(missing.as_of) as first_as_of, max(missing.as_of) as last_as_of, count(*) as instants,
            missing.account_id, missing.label, missing.chain_id, missing.layer, missing.reason as cause,
            bool_or(missing.is_last) as is_open, arg_min(missing.last_known_usd, missing.as_of) as last_known_usd
        from missing
        group by missing.account_id, missing.label, missing.chain_id, missing.layer, missing.reason, missing.run
    ),
    pinned as (
        select cell.account_id, cell.chain_id, cell.layer, min(cell.as_of) as first_as_of, max(cell.as_of) as last_as_of
        from cell
        join pull on pull.as_of = cell.as_of and pull.provider = cell.provider and pull.pull_key = cell.pull_key
        where pull.is_exact_instant and pull.outcome in ('answered', 'empty')
        group by cell.account_id, cell.chain_id, cell.layer
    ),
    failed as (
        select cell.account_id, cell.chain_id, cell.layer, min(cell.as_of) as first_as_of, max(cell.as_of) as last_as_of
        from cell
        join pull on pull.as_of = cell.as_of and pull.provider = cell.provider and pull.pull_key = cell.pull_key
        where pull.is_exact_instant and pull.outcome = 'failed'
        group by cell.account_id, cell.chain_id, cell.layer
    ),
    judged as (
        select stretch.*,
            coalesce(pinned.first_as_of < stretch.first_as_of or pinned.last_as_of > stretch.last_as_of, false)
            or coalesce(
                stretch.cause like 'failed:%'
                and failed.first_as_of <= stretch.last_as_of and failed.last_as_of >= stretch.first_as_of,
                false
            ) as can_be_filled
        from stretch
        left join failed
            on failed.account_id = stretch.account_id and failed.chain_id = stretch.chain_id and failed.layer = stretch.layer
        left join pinned
            on pinned.account_id = stretch.account_id and pinned.chain_id = stretch.chain_id and pinned.layer = stretch.layer
    )
select
    judged.first_as_of, judged.last_as_of, judged.instants, judged.account_id, judged.label, judged.chain_id, judged.layer,
    judged.cause, judged.can_be_filled, judged.is_open, judged.last_known_usd,
    remedy_of(judged.cause, judged.can_be_filled) as remedy
from judged
order by judged.first_as_of, judged.label, judged.chain_id, judged.layer
