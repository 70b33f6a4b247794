-- claim: An answer that lacks what its provider said before is in doubt until a second provider or a second answer agrees.
-- One that turns a debt of before into an asset is in doubt for as long as it says so, however often.
-- Looked at is what was worth more than 100 US dollars and one percent of the account in the provider's last answer that
-- is not in doubt, and where nothing had a price, a cell that now holds nothing. A second provider that knows the asset decides;
-- where there is none, the same answer given twice does, and so does one that held nothing and was believed since then.
create or replace temp table now_said as
select cell.provider, cell.account_id, cell.chain_id, cell.layer, sum(cell.row_count) as row_count,
    bool_and(pull.confirmed_at is not null) as is_confirmed
from cell
join pull using (as_of, provider, pull_key)
where cell.as_of = getvariable('counted_at')
group by all
having bool_and(cell.outcome in ('answered', 'empty'));
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
create or replace temp table gone as
select held.as_of, held.provider, held.account_id, held.chain_id, held.layer, held.asset_id, held.value_usd
from said_before as before
join balance as held using (as_of, provider, account_id, chain_id, layer)
where held.is_counted
    and not exists (
        from balance as still
        where still.as_of = getvariable('counted_at') and still.provider = held.provider
            and still.account_id = held.account_id and still.chain_id = held.chain_id
            and still.layer = held.layer and still.asset_id = held.asset_id
    );
create or replace temp table vanished as
with
    weight as (
        select balance.as_of, balance.provider, balance.account_id, sum(abs(balance.value_usd)) as value_usd
        from balance
        semi join gone using (as_of, provider, account_id)
        where balance.is_counted
        group by all
    )
select distinct gone.provider, gone.account_id, gone.chain_id, gone.layer, gone.asset_id
from gone
join weight using (as_of, provider, account_id)
join now_said using (provider, account_id, chain_id, layer)
where abs(gone.value_usd) > greatest(100, 0.01 * weight.value_usd)
    or (weight.value_usd is null and now_said.row_count = 0);
create or replace temp table emptied as
select vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer, max(cell.as_of) as as_of
from vanished
join said_before as before using (provider, account_id, chain_id, layer)
join cell using (provider, account_id, chain_id, layer)
where cell.as_of > before.as_of and cell.as_of < getvariable('counted_at') and cell.outcome = 'empty' and cell.doubt is null
group by all;
create or replace temp table doubted as
with
    told as (
        select vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer, vanished.asset_id,
            bool_or(other.asset_id is not null) as is_contradicted,
            count(second.provider) > 0 as is_seconded,
            bool_or(emptied.as_of is not null) as was_believed
        from vanished
        left join emptied using (provider, account_id, chain_id, layer)
        left join now_said as second
            on second.account_id = vanished.account_id and second.chain_id = vanished.chain_id
            and second.layer = vanished.layer and second.provider <> vanished.provider
            and exists (
                from balance as known
                where known.provider = second.provider and known.asset_id = vanished.asset_id
                    and known.account_id = vanished.account_id
            )
        left join balance as other
            on other.as_of = getvariable('counted_at') and other.provider = second.provider
            and other.account_id = vanished.account_id and other.chain_id = vanished.chain_id
            and other.layer = vanished.layer and other.asset_id = vanished.asset_id
        group by all
    )
select distinct told.provider, told.account_id, told.chain_id, told.layer
from told
join now_said using (provider, account_id, chain_id, layer)
where told.is_contradicted or not (told.is_seconded or told.was_believed or now_said.is_confirmed);
update cell
set doubt = case
    when cell.layer in ('position', 'debt') and (cell.provider, cell.account_id, cell.chain_id) in (
        select (flipped.provider, flipped.account_id, flipped.chain_id) from flipped
    ) then 'flipped'
    when (cell.provider, cell.account_id, cell.chain_id, cell.layer) in (
        select (doubted.provider, doubted.account_id, doubted.chain_id, doubted.layer) from doubted
    ) then 'vanished'
end
where cell.as_of = getvariable('counted_at')
    and (cell.doubt is not null or exists (from doubted) or exists (from flipped));
select distinct cell.provider, cell.pull_key, pull.outcome, pull.confirmed_at is null as is_open
from cell
join pull using (as_of, provider, pull_key)
where cell.as_of = getvariable('counted_at') and cell.doubt is not null;
