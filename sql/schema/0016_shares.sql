-- Shares of a vault or lending pool behind a row, and what one of them is worth: what it earned by itself follows from them exactly.
-- When a belief was replaced stays the last column of the table of earlier beliefs.

alter table balance add column if not exists shares_raw varchar;
alter table balance add column if not exists rate_raw varchar;
comment on column balance.shares_raw is 'Shares of a pool or vault behind it, in their base unit.';
comment on column balance.rate_raw is 'What a share is worth, base units in fixed point.';

alter table balance_superseded rename column superseded_at to replaced_at;
alter table balance_superseded add column shares_raw varchar;
alter table balance_superseded add column rate_raw varchar;
alter table balance_superseded add column superseded_at timestamp default timestamp 'epoch';
alter table balance_superseded alter column superseded_at set not null;
alter table balance_superseded alter column superseded_at drop default;
update balance_superseded set superseded_at = replaced_at;
alter table balance_superseded drop column replaced_at;
comment on column balance_superseded.shares_raw is 'Shares of a pool or vault behind it, in their base unit.';
comment on column balance_superseded.rate_raw is 'What a share is worth, base units in fixed point.';
comment on column balance_superseded.superseded_at is 'When a later belief replaced this one, UTC.';
