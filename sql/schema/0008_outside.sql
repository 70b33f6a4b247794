-- What stands outside of every total: what answers list on chains that nobody watches, and cells that nobody is asked for.
-- An instant that an earlier version recorded does not know its uncovered cells.

alter table snapshot add column uncovered_id varchar;
comment on column snapshot.uncovered_id is 'Which cells nobody is asked for, in uncovered, if known.';

create table uncovered (
    uncovered_id varchar not null,
    account_id   varchar not null,
    chain_id     varchar not null,
    layer        varchar not null,
    could_ask    varchar[] not null
);
comment on table uncovered is 'One row a watched cell that no provider of a plan is asked for; plans with the same cells share them.';
comment on column uncovered.uncovered_id is 'Fingerprint of these cells, as in snapshot, hexadecimal digits.';
comment on column uncovered.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column uncovered.chain_id is 'The chain as its CAIP-2 id.';
comment on column uncovered.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column uncovered.could_ask is 'The providers that would cover it, were they enabled.';

create table unwatched (
    as_of            timestamp not null,
    provider         varchar not null,
    pull_key         varchar not null,
    account_id       varchar not null,
    chain_id         varchar not null,
    layer            varchar not null,
    position_id      varchar not null,
    asset_id         varchar not null,
    amount_raw       varchar,
    decimals         smallint,
    amount           double,
    price_usd        double,
    price_status     varchar not null,
    stated_value_usd double,
    value_usd        decimal(18, 6),
    contract_id      varchar,
    record_rank      smallint not null,
    recorded_at      timestamp not null
);
comment on table unwatched is 'One row an asset that an answer lists on a chain that was not asked for: a fact, never part of a value.';
comment on column unwatched.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column unwatched.provider is 'The outside API family that was asked.';
comment on column unwatched.pull_key is 'Which planned question of the provider this belongs to.';
comment on column unwatched.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column unwatched.chain_id is 'The chain as its CAIP-2 id.';
comment on column unwatched.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column unwatched.position_id is 'The provider''s id of the position, empty for plain tokens.';
comment on column unwatched.asset_id is 'The asset as its CAIP-19 type.';
comment on column unwatched.amount_raw is 'Exact amount in base units, decimal digits.';
comment on column unwatched.decimals is 'How many decimals the base unit has.';
comment on column unwatched.amount is 'Amount in whole units, none while decimals are unknown.';
comment on column unwatched.price_usd is 'Price in US dollars a whole unit, bit for bit.';
comment on column unwatched.price_status is 'Whether the price is priced, unknown, zero or quarantined.';
comment on column unwatched.stated_value_usd is 'The provider''s value in US dollars, bit for bit.';
comment on column unwatched.value_usd is 'The value booked once, US dollars, six decimals.';
comment on column unwatched.contract_id is 'The token that stands for its position, if it is a leg.';
comment on column unwatched.record_rank is 'The provider''s place in the order of record then, from 0.';
comment on column unwatched.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table unwatched_superseded (
    as_of            timestamp not null,
    provider         varchar not null,
    pull_key         varchar not null,
    account_id       varchar not null,
    chain_id         varchar not null,
    layer            varchar not null,
    position_id      varchar not null,
    asset_id         varchar not null,
    amount_raw       varchar,
    decimals         smallint,
    amount           double,
    price_usd        double,
    price_status     varchar not null,
    stated_value_usd double,
    value_usd        decimal(18, 6),
    contract_id      varchar,
    record_rank      smallint not null,
    recorded_at      timestamp not null,
    superseded_at    timestamp not null
);
comment on table unwatched_superseded is 'One row of unwatched as it was believed before a later answer.';
comment on column unwatched_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column unwatched_superseded.provider is 'The outside API family that was asked.';
comment on column unwatched_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column unwatched_superseded.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column unwatched_superseded.chain_id is 'The chain as its CAIP-2 id.';
comment on column unwatched_superseded.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column unwatched_superseded.position_id is 'The provider''s id of the position, empty for plain tokens.';
comment on column unwatched_superseded.asset_id is 'The asset as its CAIP-19 type.';
comment on column unwatched_superseded.amount_raw is 'Exact amount in base units, decimal digits.';
comment on column unwatched_superseded.decimals is 'How many decimals the base unit has.';
comment on column unwatched_superseded.amount is 'Amount in whole units, none while decimals are unknown.';
comment on column unwatched_superseded.price_usd is 'Price in US dollars a whole unit, bit for bit.';
comment on column unwatched_superseded.price_status is 'Whether the price is priced, unknown, zero or quarantined.';
comment on column unwatched_superseded.stated_value_usd is 'The provider''s value in US dollars, bit for bit.';
comment on column unwatched_superseded.value_usd is 'The value booked once, US dollars, six decimals.';
comment on column unwatched_superseded.contract_id is 'The token that stands for its position, if it is a leg.';
comment on column unwatched_superseded.record_rank is 'The provider''s place in the order of record then, from 0.';
comment on column unwatched_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column unwatched_superseded.superseded_at is 'When a later belief replaced this one, UTC.';
