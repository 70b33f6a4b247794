-- macro: The accounts that a question means, as one row that the history is joined to; none for what nobody is called.
-- One row instead of a lookup each: planning a lookup costs more than reading a year of totals. What cannot be meant is
-- an error of `refused`, with which every answer begins; here nothing is found by it.
-- parameter account: Label, address or account id; NULL for all.
-- parameter account_group: Name of an account group; NULL for all.
-- column scope_id: The set of accounts, as in `scope`.
-- column last_as_of: The last instant of the history.
-- column finest_seconds: How far the snapshots lie apart, where they lie closest.
create or replace macro meant(account, account_group) as table
select
    extent.scope_by_name[concat_ws(' in ', lower(coalesce(account::varchar, '')), account_group::varchar)] as scope_id,
    extent.last_as_of, extent.finest_seconds
from extent
