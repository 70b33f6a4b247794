-- What the settings leave out: a cell that nobody can answer for, by name and with its dates, so that the rest has a total.

create table accepted (
    account_id varchar not null,
    chain_id   varchar,
    layer      varchar,
    since      timestamp not null,
    until      timestamp,
    reason     varchar not null
);

comment on table accepted is 'One row a part of an account that the settings leave out of the value for as long as it is missing.';
comment on column accepted.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column accepted.chain_id is 'The chain as its CAIP-2 id, none for every chain.';
comment on column accepted.layer is 'The part of the account: wallet, position, debt or reward, none for all.';
comment on column accepted.since is 'First instant at which it may be missing, UTC, inclusive.';
comment on column accepted.until is 'End of that time, UTC, exclusive, none without an end.';
comment on column accepted.reason is 'Why, in the words of the settings.';
