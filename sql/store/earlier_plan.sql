-- claim: Updates HISTORY: keeps one answer a provider and cell where an instant was planned otherwise before.
-- A pull is named by what it asks, so one more wallet or token gives it another name. Read are `stale_pull`, the stored pulls that
-- the plan no longer has, and `planned_cell`, the cells of its pulls. An answer of a stale pull leaves a cell once every
-- planned pull of the cell has answered; until then it stays, and the rows given name the cells of new pulls that wait.
-- What a stale pull lists on chains that nobody watches leaves with the account's cells, and its approvals, figures and rates
-- where a planned pull says the same anew.
create or replace temp table replanned_cell as
with
    earlier as (
        select cell.provider, cell.account_id, cell.chain_id, cell.layer,
            bool_and(cell.outcome in ('answered', 'empty') and cell.doubt is null) as is_answered
        from cell
        semi join stale_pull using (as_of, provider, pull_key)
        group by all
    ),
    planned as (
        select asked.provider, asked.account_id, asked.chain_id, asked.layer,
            bool_and(
                coalesce(incoming.outcome in ('answered', 'empty'), false) or coalesce(stored.outcome in ('answered', 'empty'), false)
            ) as is_answered
        from planned_cell as asked
        left join incoming_cell as incoming
            on incoming.provider = asked.provider and incoming.pull_key = asked.pull_key
            and incoming.account_id = asked.account_id and incoming.chain_id = asked.chain_id and incoming.layer = asked.layer
        left join cell as stored
            on stored.as_of = getvariable('counted_at') and stored.provider = asked.provider and stored.pull_key = asked.pull_key
            and stored.account_id = asked.account_id and stored.chain_id = asked.chain_id and stored.layer = asked.layer
        group by all
    )
select earlier.* exclude (is_answered), planned.is_answered or not earlier.is_answered as is_replaced
from earlier
join planned using (provider, account_id, chain_id, layer);
create or replace temp table leaving_cell as
select cell.as_of, cell.provider, cell.pull_key, cell.account_id, cell.chain_id, cell.layer, stale_pull.taken_at
from cell
join stale_pull using (as_of, provider, pull_key)
join replanned_cell using (provider, account_id, chain_id, layer)
where replanned_cell.is_replaced;
create or replace temp table leaving_unwatched as
select distinct leaving_cell.as_of, leaving_cell.provider, leaving_cell.pull_key, leaving_cell.account_id, leaving_cell.taken_at
from leaving_cell;
create or replace temp table leaving_allowance as
select distinct allowance.as_of, allowance.provider, allowance.pull_key, allowance.account_id, allowance.chain_id, allowance.spender,
    stale_pull.taken_at
from allowance
join stale_pull using (as_of, provider, pull_key)
semi join incoming_allowance using (as_of, provider, account_id, chain_id, spender);
create or replace temp table leaving_figure as
select distinct figure.as_of, figure.provider, figure.pull_key, figure.account_id, figure.series, stale_pull.taken_at
from figure
join stale_pull using (as_of, provider, pull_key)
where exists (
    from incoming_figure as coming
    where coming.provider = figure.provider and coming.account_id is not distinct from figure.account_id
        and coming.series = figure.series
);
create or replace temp table leaving_rate as
select distinct rate.as_of, rate.provider, rate.pull_key, rate.currency, stale_pull.taken_at
from rate
join stale_pull using (as_of, provider, pull_key)
semi join incoming_rate using (as_of, provider, currency);
insert into balance_superseded
select balance.*, leaving_cell.taken_at
from balance
join leaving_cell using (as_of, provider, pull_key, account_id, chain_id, layer);
delete from balance using leaving_cell
where balance.as_of = leaving_cell.as_of and balance.provider = leaving_cell.provider and balance.pull_key = leaving_cell.pull_key
    and balance.account_id = leaving_cell.account_id and balance.chain_id = leaving_cell.chain_id
    and balance.layer = leaving_cell.layer;
insert into position_superseded
select position.*, leaving_cell.taken_at
from position
join leaving_cell using (as_of, provider, pull_key, account_id, chain_id)
where leaving_cell.layer = 'position';
delete from position using leaving_cell
where position.as_of = leaving_cell.as_of and position.provider = leaving_cell.provider
    and position.pull_key = leaving_cell.pull_key and position.account_id = leaving_cell.account_id
    and position.chain_id = leaving_cell.chain_id and leaving_cell.layer = 'position';
insert into unwatched_superseded
select unwatched.*, leaving_unwatched.taken_at
from unwatched
join leaving_unwatched using (as_of, provider, pull_key, account_id);
delete from unwatched using leaving_unwatched
where unwatched.as_of = leaving_unwatched.as_of and unwatched.provider = leaving_unwatched.provider
    and unwatched.pull_key = leaving_unwatched.pull_key and unwatched.account_id = leaving_unwatched.account_id;
insert into cell_superseded
select cell.*, leaving_cell.taken_at
from cell
join leaving_cell using (as_of, provider, pull_key, account_id, chain_id, layer);
delete from cell using leaving_cell
where cell.as_of = leaving_cell.as_of and cell.provider = leaving_cell.provider and cell.pull_key = leaving_cell.pull_key
    and cell.account_id = leaving_cell.account_id and cell.chain_id = leaving_cell.chain_id and cell.layer = leaving_cell.layer;
insert into allowance_superseded
select allowance.*, leaving_allowance.taken_at
from allowance
join leaving_allowance using (as_of, provider, pull_key, account_id, chain_id, spender);
delete from allowance using leaving_allowance
where allowance.as_of = leaving_allowance.as_of and allowance.provider = leaving_allowance.provider
    and allowance.pull_key = leaving_allowance.pull_key and allowance.account_id = leaving_allowance.account_id
    and allowance.chain_id = leaving_allowance.chain_id and allowance.spender = leaving_allowance.spender;
insert into figure_superseded
select figure.*, leaving_figure.taken_at
from figure
join leaving_figure
    on leaving_figure.as_of = figure.as_of and leaving_figure.provider = figure.provider
    and leaving_figure.pull_key = figure.pull_key and leaving_figure.series = figure.series
    and leaving_figure.account_id is not distinct from figure.account_id;
delete from figure using leaving_figure
where figure.as_of = leaving_figure.as_of and figure.provider = leaving_figure.provider
    and figure.pull_key = leaving_figure.pull_key and figure.series = leaving_figure.series
    and figure.account_id is not distinct from leaving_figure.account_id;
insert into rate_superseded
select rate.*, leaving_rate.taken_at
from rate
join leaving_rate using (as_of, provider, pull_key, currency);
delete from rate using leaving_rate
where rate.as_of = leaving_rate.as_of and rate.provider = leaving_rate.provider and rate.pull_key = leaving_rate.pull_key
    and rate.currency = leaving_rate.currency;
create or replace temp table leaving_pull as
select distinct gone.as_of, gone.provider, gone.pull_key, gone.taken_at
from (
    select as_of, provider, pull_key, taken_at from leaving_cell
    union all
    select as_of, provider, pull_key, taken_at from leaving_allowance
    union all
    select as_of, provider, pull_key, taken_at from leaving_figure
    union all
    select as_of, provider, pull_key, taken_at from leaving_rate
) as gone
anti join cell using (as_of, provider, pull_key)
anti join unwatched using (as_of, provider, pull_key)
anti join allowance using (as_of, provider, pull_key)
anti join figure using (as_of, provider, pull_key)
anti join rate using (as_of, provider, pull_key);
insert into pull_superseded
select pull.*, leaving_pull.taken_at
from pull
join leaving_pull using (as_of, provider, pull_key);
delete from pull using leaving_pull
where pull.as_of = leaving_pull.as_of and pull.provider = leaving_pull.provider and pull.pull_key = leaving_pull.pull_key;
select planned_cell.provider, planned_cell.pull_key, planned_cell.account_id, planned_cell.chain_id, planned_cell.layer
from planned_cell
join replanned_cell using (provider, account_id, chain_id, layer)
where not replanned_cell.is_replaced;
