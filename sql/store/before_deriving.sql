-- claim: Keeps which steps the changes were made of; none of them stands if the rules for assets are others by now.
create or replace temp table known_step as
from cell_step
where (select store.rules_sha256 from store) = (select sha256(coalesce(string_agg(rule::varchar, ';' order by rule::varchar), '')) from rule);
update store
set rules_sha256 = (select sha256(coalesce(string_agg(rule::varchar, ';' order by rule::varchar), '')) from rule);
