-- Flows of which only the day is known. Changes are made anew, as such a flow may lie in another step now.

update store set basis_sha256 = '';
alter table flow add column if not exists is_date_only boolean default false;
alter table flow alter column is_date_only set not null;
comment on column flow.moved_at is 'The instant at which it moved, UTC; the first of its day where only the day is known.';
comment on column flow.is_date_only is 'Whether only the day is known on which it moved.';
