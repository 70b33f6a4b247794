-- claim: Instants at which a step differs from the one that its changes were made of, or is no more.
-- None of them is as it was if rules, asset groups or known flows are others by now.
set variable basis_sha256 = (
    select sha256(coalesce(string_agg(basis.line, ';' order by basis.line), ''))
    from (
        select 'rule ' || rule::varchar as line from rule
        union all
        -- of the rulings those that follow from no other line here; that a token is a receipt changes with every new position
        select concat_ws(' ', asset_ruling.exclusion, asset_ruling.asset_id, asset_ruling.since)
        from asset_ruling
        where asset_ruling.exclusion in ('spam', 'absurd')
        union all
        select 'flow ' || concat_ws(' ', flow.account_id, flow.moved_at, flow.is_date_only, flow.asset_id, flow.amount_exact, flow.kind) from flow
        union all
        select concat_ws(' ', 'group', asset_group.asset_id, asset_group.group_id) from asset_group
        union all
        select 'apr ' || pricing.max_apr from pricing
        union all
        select 'span ' || concat_ws(' ', flowspan.account_id, flowspan.since, flowspan.until) from flowspan
    ) as basis
);
delete from known_step where (select store.basis_sha256 from store) <> getvariable('basis_sha256');
update store set basis_sha256 = getvariable('basis_sha256');
-- How far a holding is expected to grow follows from the seven days before, so that the steps of the seven days behind are made again too.
create or replace temp table differing_instant as
select distinct differing.as_of
from (
    (from cell_step except from known_step)
    union all
    (from known_step except from cell_step)
) as differing;
create or replace temp table pending_instant as
select differing_instant.as_of
from differing_instant
union
select step.as_of
from (select distinct cell_step.as_of from cell_step) as step
asof join differing_instant on step.as_of >= differing_instant.as_of
where step.as_of <= differing_instant.as_of + interval 7 days;
-- Of a day on which something moved, nobody knows when, all steps are made again with any of them: dated.sql chooses among them.
insert into pending_instant
with
    dated as (
        select distinct flow.account_id, flow.moved_at from flow where flow.is_date_only
    ),
    beside as (
        select distinct dated.account_id, dated.moved_at, step.as_of
        from dated
        join cell_step as step
            on step.account_id = dated.account_id and step.previous_as_of < dated.moved_at + interval 1 day
            and step.as_of > dated.moved_at
    )
select distinct beside.as_of
from beside
join (
    select beside.account_id, beside.moved_at from beside where beside.as_of in (select pending_instant.as_of from pending_instant)
) as touched using (account_id, moved_at)
where beside.as_of not in (select pending_instant.as_of from pending_instant);
create or replace temp table dated_flow (
    account_id varchar, chain_id varchar, asset_id varchar, kind varchar, amount double, as_of timestamp
);
-- Without a flows file no step is classified, and classified.sql is not asked.
create or replace temp table classified_step (as_of timestamp, account_id varchar, chain_id varchar);
delete from change
where change.as_of in (select pending_instant.as_of from pending_instant)
    or change.as_of not in (select cell_step.as_of from cell_step);
delete from movement
where movement.as_of in (select pending_instant.as_of from pending_instant)
    or movement.as_of not in (select cell_step.as_of from cell_step);
select pending_instant.as_of from pending_instant order by pending_instant.as_of;
