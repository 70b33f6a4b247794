-- claim: Whether anything may be in doubt at the instant: something that was held is gone, a debt turned into an asset, or
-- a cell is in doubt already. What was said now and before, and what is gone, is kept for `doubt`, which then decides.
create or replace temp table now_said as
select listed.provider, listed.account_id, listed.chain_id, listed.layer, sum(listed.row_count) as row_count,
    bool_and(listed.is_confirmed) as is_confirmed, bool_and(listed.is_chain_empty) as is_chain_empty
from (
    select cell.provider, cell.account_id, cell.chain_id, cell.layer, cell.outcome, cell.row_count,
        pull.confirmed_at is not null as is_confirmed,
        sum(cell.row_count) over (partition by cell.provider, cell.pull_key, cell.account_id, cell.chain_id) = 0 as is_chain_empty
    from cell
    join pull using (as_of, provider, pull_key)
    where cell.as_of = getvariable('counted_at')
) as listed
group by listed.provider, listed.account_id, listed.chain_id, listed.layer
having bool_and(listed.outcome in ('answered', 'empty'));
create or replace temp table said_before as
select now_said.provider, now_said.account_id, now_said.chain_id, now_said.layer, max(cell.as_of) as as_of
from now_said
join cell using (provider, account_id, chain_id, layer)
where cell.as_of < getvariable('counted_at') and cell.outcome = 'answered' and cell.doubt is null
group by all;
create or replace temp table flipped as
select distinct before.provider, before.account_id, before.chain_id
from said_before as before
join balance as owed using (as_of, provider, account_id, chain_id, layer)
join balance as owned
    on owned.as_of = getvariable('counted_at') and owned.layer = 'position' and owned.provider = before.provider
    and owned.account_id = before.account_id and owned.chain_id = before.chain_id
    and owned.position_id = owed.position_id and owned.asset_id = owed.asset_id
where before.layer = 'debt' and owed.position_id <> '' and owed.amount > 0 and owned.amount > 0;
create or replace temp table protocol_before as
select position.as_of, position.provider, position.account_id, position.chain_id, position.position_id,
    any_value(position.protocol_id) as protocol_id
from position
semi join said_before using (as_of, provider, account_id, chain_id)
group by all;
create or replace temp table gone as
select held.as_of, held.provider, held.account_id, held.chain_id, held.layer, held.asset_id, held.value_usd,
    lost.protocol_id, now_said.is_chain_empty, still.asset_id is null as is_asset_gone
from said_before as before
join now_said using (provider, account_id, chain_id, layer)
join balance as held using (as_of, provider, account_id, chain_id, layer)
left join (
    from protocol_before as known
    where not exists (
        from position as still
        where still.as_of = getvariable('counted_at') and still.provider = known.provider
            and still.account_id = known.account_id and still.chain_id = known.chain_id
            and still.protocol_id = known.protocol_id
    )
) as lost using (as_of, provider, account_id, chain_id, position_id)
left join (
    select distinct listed.provider, listed.account_id, listed.chain_id, listed.layer, listed.asset_id
    from balance as listed
    where listed.as_of = getvariable('counted_at')
) as still
    on still.provider = held.provider and still.account_id = held.account_id and still.chain_id = held.chain_id
    and still.layer = held.layer and still.asset_id = held.asset_id
where held.is_counted and (lost.protocol_id is not null or still.asset_id is null);
select exists (from gone) or exists (from flipped)
    or exists (from cell where cell.as_of = getvariable('counted_at') and cell.doubt is not null);
