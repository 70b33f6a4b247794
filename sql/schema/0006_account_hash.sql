-- Changes know their account by a number too, and lie by it. DuckDB keeps the least and the greatest text of a row group by its
-- first eight bytes, which all accounts of a family of chains have in common; by a number whole row groups are left out.

alter table change rename to change_before;
create table change (
    as_of            timestamp not null,
    previous_as_of   timestamp,
    account_id       varchar not null,
    chain_id         varchar not null,
    layer            varchar not null,
    position_id      varchar not null,
    asset_id         varchar not null,
    price_effect_usd decimal(38, 6) not null,
    accrual_usd      decimal(38, 6) not null,
    flow_usd         decimal(38, 6) not null,
    scope_usd        decimal(38, 6) not null,
    revaluation_usd  decimal(38, 6) not null,
    exit_price       varchar,
    quantity         double,
    value_usd        decimal(38, 6),
    is_held_before   boolean not null,
    is_held          boolean not null,
    account_hash      ubigint not null
);
comment on table change is 'One row an asset in a cell and step: what it is at the end, and the parts of its change, which add up exactly.';
comment on column change.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column change.previous_as_of is 'The recorded instant before it, UTC, none on entering.';
comment on column change.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column change.chain_id is 'The chain as its CAIP-2 id.';
comment on column change.layer is 'The part of the account: wallet, position or debt.';
comment on column change.position_id is 'The provider''s id of the position, empty for plain tokens.';
comment on column change.asset_id is 'The asset as its CAIP-19 type.';
comment on column change.price_effect_usd is 'What prices made of what was held, US dollars.';
comment on column change.accrual_usd is 'What it earned or owed by itself, US dollars.';
comment on column change.flow_usd is 'What was moved in, out below zero, US dollars.';
comment on column change.scope_usd is 'What entered or left or came with another provider, US dollars.';
comment on column change.revaluation_usd is 'What became priced or unpriced, US dollars.';
comment on column change.exit_price is 'Of what is gone, whose price: provider, other, opening.';
comment on column change.quantity is 'Amount in whole units at the end, below zero for a debt.';
comment on column change.value_usd is 'Booked value at the end, US dollars, none while unpriced.';
comment on column change.is_held_before is 'Whether the record held it at the begin.';
comment on column change.is_held is 'Whether the record holds it at the end.';
comment on column change.account_hash is 'Number made of the account id, by which the rows are sorted.';
insert into change by name
select columns(lambda name: name <> 'account_hash'), md5_number_lower(change_before.account_id) as account_hash
from change_before
order by account_hash, change_before.as_of;
drop table change_before;
