-- claim: Keeps which steps the changes were made of; none of them stands if rules or known flows are others by now.
set variable basis_sha256 = (
    select sha256(coalesce(string_agg(basis.line, ';' order by basis.line), ''))
    from (
        select 'rule ' || rule::varchar as line from rule
        union all
        select 'spam ' || spam::varchar from spam
        union all
        select concat_ws(' ', 'absurd', absurd.asset_id, absurd.since) from absurd
        union all
        select 'flow ' || concat_ws(' ', flow.account_id, flow.moved_at, flow.asset_id, flow.amount_exact, flow.kind) from flow
        union all
        select 'span ' || concat_ws(' ', flowspan.account_id, flowspan.since, flowspan.until) from flowspan
    ) as basis
);
create or replace temp table known_step as
from cell_step
where (select store.basis_sha256 from store) = getvariable('basis_sha256');
update store set basis_sha256 = getvariable('basis_sha256');
