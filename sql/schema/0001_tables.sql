-- The tables of the store. dagster_project/tables.py declares the same; a test holds both equal.
-- No primary key and no index on history: the same data is 5 times larger with one and a replace 3 to 4 times
-- slower (measured); uniqueness is a check under sql/checks instead.

create table snapshot (
    as_of           timestamp not null,
    cron            varchar not null,
    grace_minutes   integer not null,
    planned_pulls   integer not null,
    planned_cells   integer not null,
    settings_sha256 varchar not null,
    recorded_at     timestamp not null
);
comment on table snapshot is 'One row an instant for which a snapshot was taken.';
comment on column snapshot.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column snapshot.cron is 'The cadence in force at this instant, cron in UTC.';
comment on column snapshot.grace_minutes is 'How many minutes late a now-only answer may be.';
comment on column snapshot.planned_pulls is 'How many pulls the plan of this instant held.';
comment on column snapshot.planned_cells is 'How many cells the plan of this instant held.';
comment on column snapshot.settings_sha256 is 'Fingerprint of the settings that made the plan, hexadecimal.';
comment on column snapshot.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table pull (
    as_of              timestamp not null,
    provider           varchar not null,
    pull_key           varchar not null,
    endpoint           varchar not null,
    outcome            varchar not null,
    reason             varchar,
    detail             varchar,
    http_status        smallint,
    observed_at        timestamp,
    effective_at       timestamp,
    lag_seconds        double,
    is_exact_instant   boolean not null,
    block_number       bigint,
    unknown_fields     varchar[] not null,
    tries              smallint not null,
    elapsed_ms         double,
    body_bytes         bigint,
    body_sha256        varchar,
    request_id         varchar,
    attempt_id         varchar not null,
    normaliser_version smallint not null,
    confirmed_at       timestamp,
    recorded_at        timestamp not null
);
comment on table pull is 'One row a question to one endpoint for an instant, however it ended.';
comment on column pull.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column pull.provider is 'The outside API family that was asked.';
comment on column pull.pull_key is 'Which planned question of the provider this belongs to.';
comment on column pull.endpoint is 'The provider''s endpoint, as named in docs/sources.';
comment on column pull.outcome is 'How it ended: answered, empty, failed or not_available.';
comment on column pull.reason is 'Why it failed or was not available, one code.';
comment on column pull.detail is 'The failure in words, with the field''s path where there is one.';
comment on column pull.http_status is 'HTTP status of the last try, none where nothing was answered.';
comment on column pull.observed_at is 'When the provider''s answer arrived, UTC.';
comment on column pull.effective_at is 'The instant the answer is true for, UTC.';
comment on column pull.lag_seconds is 'Seconds from as_of to effective_at, negative when before.';
comment on column pull.is_exact_instant is 'Whether the endpoint was asked for the instant itself.';
comment on column pull.block_number is 'The block the answer is true for, if stated.';
comment on column pull.unknown_fields is 'Members of the body that the contract does not know.';
comment on column pull.tries is 'How many requests were sent for this pull.';
comment on column pull.elapsed_ms is 'Milliseconds of the last try, wall time.';
comment on column pull.body_bytes is 'Size in bytes of the kept answer''s body.';
comment on column pull.body_sha256 is 'SHA-256 of the kept body, hexadecimal digits.';
comment on column pull.request_id is 'The provider''s own id of the request, if sent.';
comment on column pull.attempt_id is 'Which raw stream keeps the answer.';
comment on column pull.normaliser_version is 'Version of the code that read the body.';
comment on column pull.confirmed_at is 'When the same was answered again, UTC, if it was.';
comment on column pull.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table cell (
    as_of             timestamp not null,
    provider          varchar not null,
    pull_key          varchar not null,
    account_id        varchar not null,
    chain_id          varchar not null,
    layer             varchar not null,
    outcome           varchar not null,
    reason            varchar,
    record_rank       smallint not null,
    value_usd         decimal(38, 6),
    stated_value_usd  double,
    row_count         integer not null,
    unpriced_count    integer not null,
    quarantined_count integer not null,
    doubt             varchar,
    observed_at       timestamp,
    effective_at      timestamp,
    recorded_at       timestamp not null
);
comment on table cell is 'One row a planned account x chain x layer of a provider at an instant.';
comment on column cell.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column cell.provider is 'The outside API family that was asked.';
comment on column cell.pull_key is 'Which planned question of the provider this belongs to.';
comment on column cell.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column cell.chain_id is 'The chain as its CAIP-2 id.';
comment on column cell.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column cell.outcome is 'How it ended: answered, empty, failed or not_available.';
comment on column cell.reason is 'Why it failed or was not available, one code.';
comment on column cell.record_rank is 'The provider''s place in the order of record then, from 0.';
comment on column cell.value_usd is 'Sum of the cell''s counted booked values, US dollars.';
comment on column cell.stated_value_usd is 'The provider''s own total of the cell, US dollars, bit for bit.';
comment on column cell.row_count is 'How many assets the answer held in this cell.';
comment on column cell.unpriced_count is 'How many of them have no known price.';
comment on column cell.quarantined_count is 'How many of them have an unbelievable price or value.';
comment on column cell.doubt is 'Why the answer is not believed yet: vanished, or none.';
comment on column cell.observed_at is 'When the provider''s answer arrived, UTC.';
comment on column cell.effective_at is 'The instant the answer is true for, UTC.';
comment on column cell.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table balance (
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
    price_origin     varchar,
    is_counted       boolean not null,
    recorded_at      timestamp not null
);
comment on table balance is 'One row an asset that a provider says an account holds at an instant.';
comment on column balance.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column balance.provider is 'The outside API family that was asked.';
comment on column balance.pull_key is 'Which planned question of the provider this belongs to.';
comment on column balance.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column balance.chain_id is 'The chain as its CAIP-2 id.';
comment on column balance.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column balance.position_id is 'The provider''s id of the position, empty for plain tokens.';
comment on column balance.asset_id is 'The asset as its CAIP-19 type.';
comment on column balance.amount_raw is 'Exact amount in base units, decimal digits.';
comment on column balance.decimals is 'How many decimals the base unit has.';
comment on column balance.amount is 'Amount in whole units, none while decimals are unknown.';
comment on column balance.price_usd is 'Price in US dollars a whole unit, bit for bit.';
comment on column balance.price_status is 'Whether the price is priced, unknown, zero or quarantined.';
comment on column balance.stated_value_usd is 'The provider''s value in US dollars, bit for bit.';
comment on column balance.value_usd is 'The value booked once, US dollars, six decimals.';
comment on column balance.price_origin is 'Who made it: stated, implied, or a provider''s name.';
comment on column balance.is_counted is 'Whether the row counts; receipts of positions do not.';
comment on column balance.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table position (
    as_of            timestamp not null,
    provider         varchar not null,
    pull_key         varchar not null,
    account_id       varchar not null,
    chain_id         varchar not null,
    position_id      varchar not null,
    contract_id      varchar not null,
    token_id         varchar not null,
    kind             varchar not null,
    protocol_id      varchar not null,
    protocol_name    varchar not null,
    name             varchar not null,
    stated_value_usd double,
    recorded_at      timestamp not null
);
comment on table position is 'One row a protocol position that a provider says an account has; its legs stand in balance.';
comment on column position.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column position.provider is 'The outside API family that was asked.';
comment on column position.pull_key is 'Which planned question of the provider this belongs to.';
comment on column position.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column position.chain_id is 'The chain as its CAIP-2 id.';
comment on column position.position_id is 'The provider''s id of the position, as in balance.';
comment on column position.contract_id is 'The token that stands for it, as its CAIP-19 type.';
comment on column position.token_id is 'Which NFT it is, decimal digits, 0 for none.';
comment on column position.kind is 'What the provider calls it: lending, dex, staking and others.';
comment on column position.protocol_id is 'The provider''s id of the protocol group.';
comment on column position.protocol_name is 'The protocol group''s name for people, untrusted text.';
comment on column position.name is 'The contract''s own name, which is untrusted text.';
comment on column position.stated_value_usd is 'The provider''s value of it whole, US dollars.';
comment on column position.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table allowance (
    as_of         timestamp not null,
    provider      varchar not null,
    pull_key      varchar not null,
    account_id    varchar not null,
    chain_id      varchar not null,
    spender       varchar not null,
    asset_id      varchar not null,
    allowance_raw varchar not null,
    recorded_at   timestamp not null
);
comment on table allowance is 'One row an approval that lets a spender move an account''s asset.';
comment on column allowance.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column allowance.provider is 'The outside API family that was asked.';
comment on column allowance.pull_key is 'Which planned question of the provider this belongs to.';
comment on column allowance.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column allowance.chain_id is 'The chain as its CAIP-2 id.';
comment on column allowance.spender is 'The contract that may move the asset, in lower case.';
comment on column allowance.asset_id is 'The asset as its CAIP-19 type.';
comment on column allowance.allowance_raw is 'Exact allowance in base units, decimal digits.';
comment on column allowance.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table figure (
    as_of       timestamp not null,
    provider    varchar not null,
    pull_key    varchar not null,
    account_id  varchar,
    series      varchar not null,
    subject     varchar not null,
    measure     varchar not null,
    point_at    timestamp,
    number      double,
    words       varchar,
    recorded_at timestamp not null
);
comment on table figure is 'One row a figure that a provider states beside its balances: kept under its name, never part of ours.';
comment on column figure.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column figure.provider is 'The outside API family that was asked.';
comment on column figure.pull_key is 'Which planned question of the provider this belongs to.';
comment on column figure.account_id is 'The wallet it is about, none where about no wallet.';
comment on column figure.series is 'Which endpoint states it, as named in docs/sources.';
comment on column figure.subject is 'What in the series it is about, empty for the whole.';
comment on column figure.measure is 'The provider''s own name of the figure.';
comment on column figure.point_at is 'Of a series over time, the point''s instant, UTC.';
comment on column figure.number is 'The figure, bit for bit, none where it is text.';
comment on column figure.words is 'The text as stated, untrusted, none for plain numbers.';
comment on column figure.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table attempt (
    as_of      timestamp not null,
    provider   varchar not null,
    attempt_id varchar not null,
    taken_at   timestamp not null
);
comment on table attempt is 'One row a raw stream whose answers are stored.';
comment on column attempt.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column attempt.provider is 'The outside API family that was asked.';
comment on column attempt.attempt_id is 'The attempt, part of the raw stream''s file name.';
comment on column attempt.taken_at is 'When the attempt began, UTC.';

create table account (
    account_id varchar not null,
    address    varchar not null,
    label      varchar not null,
    groups     varchar[] not null,
    since      timestamp,
    until      timestamp,
    is_watched boolean not null
);
comment on table account is 'One row a wallet that is or was watched.';
comment on column account.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column account.address is 'The address as people read it, EVM by EIP-55.';
comment on column account.label is 'The name given in the settings.';
comment on column account.groups is 'The account groups it belongs to.';
comment on column account.since is 'Start of its scope if set, UTC, inclusive.';
comment on column account.until is 'End of its scope if set, UTC, exclusive.';
comment on column account.is_watched is 'Whether the settings still list this account.';

create table asset (
    provider    varchar not null,
    asset_id    varchar not null,
    symbol      varchar not null,
    name        varchar not null,
    decimals    smallint not null,
    group_id    varchar,
    recorded_at timestamp not null
);
comment on table asset is 'One row an asset as a provider describes it, and one more each time that changes.';
comment on column asset.provider is 'The outside API family that was asked.';
comment on column asset.asset_id is 'The asset as its CAIP-19 type.';
comment on column asset.symbol is 'Its symbol, which is untrusted text.';
comment on column asset.name is 'Its name, which is untrusted text.';
comment on column asset.decimals is 'How many decimals the base unit has.';
comment on column asset.group_id is 'The provider''s id of the same asset across chains.';
comment on column asset.recorded_at is 'When the provider first described it so, UTC.';

create table rule (
    asset_id    varchar not null,
    treatment   varchar,
    group_id    varchar,
    same_as     varchar,
    receipt_of  varchar,
    is_rebasing boolean not null,
    price_usd   double,
    since       timestamp,
    until       timestamp
);
comment on table rule is 'One row a rule of the settings for an asset: how it counts, where it belongs, what it costs.';
comment on column rule.asset_id is 'The asset as its CAIP-19 type.';
comment on column rule.treatment is 'Whether to ignore it or to keep it, none for neither.';
comment on column rule.group_id is 'The asset group that it belongs to, if said.';
comment on column rule.same_as is 'The asset whose group it shares, as CAIP-19 type.';
comment on column rule.receipt_of is 'The asset that it stands for where that lies in a position.';
comment on column rule.is_rebasing is 'Whether its amount in a wallet grows by itself.';
comment on column rule.price_usd is 'Price in US dollars a whole unit, if said.';
comment on column rule.since is 'First instant the price holds for, UTC, inclusive.';
comment on column rule.until is 'End of the price''s validity, UTC, exclusive.';

create table cadence (
    cron        varchar not null,
    since       timestamp not null,
    recorded_at timestamp not null
);
comment on table cadence is 'One row a cron that was ever used.';
comment on column cadence.cron is 'The cadence as cron in UTC.';
comment on column cadence.since is 'First instant that this cadence governs, UTC.';
comment on column cadence.recorded_at is 'When the pipeline first saw this cadence, UTC.';

create table tick (
    as_of timestamp not null,
    cron  varchar not null
);
comment on table tick is 'One row an instant at which a snapshot was due.';
comment on column tick.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column tick.cron is 'The cadence that made the tick, cron in UTC.';

create table flow (
    account_id   varchar not null,
    moved_at     timestamp not null,
    asset_id     varchar not null,
    amount_exact varchar not null,
    amount       double not null,
    kind         varchar not null,
    note         varchar,
    recorded_at  timestamp not null
);
comment on table flow is 'One row a movement of an account that its owner knows of and imported.';
comment on column flow.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column flow.moved_at is 'The instant at which it moved, UTC.';
comment on column flow.asset_id is 'The asset as its CAIP-19 type.';
comment on column flow.amount_exact is 'Exact amount in whole units, decimal digits, above 0.';
comment on column flow.amount is 'Amount in whole units, approximate beyond 15 digits.';
comment on column flow.kind is 'What it was: deposit, withdrawal, yield, fee or internal.';
comment on column flow.note is 'The owner''s own words, which are untrusted text.';
comment on column flow.recorded_at is 'When it was imported, UTC.';

create table flowspan (
    account_id  varchar not null,
    since       timestamp not null,
    until       timestamp not null,
    recorded_at timestamp not null
);
comment on table flowspan is 'One row an account whose flows are imported: for which time all of them are known.';
comment on column flowspan.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column flowspan.since is 'From when on every flow is known, UTC, inclusive.';
comment on column flowspan.until is 'Until when every flow is known, UTC, inclusive.';
comment on column flowspan.recorded_at is 'When they were imported, UTC.';

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
    is_held_before         boolean not null,
    is_held          boolean not null
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

create table movement (
    as_of            timestamp not null,
    previous_as_of   timestamp,
    account_id       varchar not null,
    chain_id         varchar not null,
    layer            varchar not null,
    price_effect_usd decimal(38, 6) not null,
    accrual_usd      decimal(38, 6) not null,
    flow_usd         decimal(38, 6) not null,
    scope_usd        decimal(38, 6) not null,
    revaluation_usd  decimal(38, 6) not null,
    exit_count       bigint not null,
    is_classified    boolean not null
);
comment on table movement is 'One row a cell and step in which booked values changed: the changes of its assets added up.';
comment on column movement.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column movement.previous_as_of is 'The recorded instant before it, UTC, none on entering.';
comment on column movement.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column movement.chain_id is 'The chain as its CAIP-2 id.';
comment on column movement.layer is 'The part of the account: wallet, position or debt.';
comment on column movement.price_effect_usd is 'What prices made of what was held, US dollars.';
comment on column movement.accrual_usd is 'What it earned or owed by itself, US dollars.';
comment on column movement.flow_usd is 'What was moved in, out below zero, US dollars.';
comment on column movement.scope_usd is 'What entered or left or came with another provider, US dollars.';
comment on column movement.revaluation_usd is 'What became priced or unpriced, US dollars.';
comment on column movement.exit_count is 'How many assets left at the price they had before.';
comment on column movement.is_classified is 'Whether a flows file covers the step.';

create table pull_superseded (
    as_of              timestamp not null,
    provider           varchar not null,
    pull_key           varchar not null,
    endpoint           varchar not null,
    outcome            varchar not null,
    reason             varchar,
    detail             varchar,
    http_status        smallint,
    observed_at        timestamp,
    effective_at       timestamp,
    lag_seconds        double,
    is_exact_instant   boolean not null,
    block_number       bigint,
    unknown_fields     varchar[] not null,
    tries              smallint not null,
    elapsed_ms         double,
    body_bytes         bigint,
    body_sha256        varchar,
    request_id         varchar,
    attempt_id         varchar not null,
    normaliser_version smallint not null,
    confirmed_at       timestamp,
    recorded_at        timestamp not null,
    superseded_at      timestamp not null
);
comment on table pull_superseded is 'One row of pull as it was believed before a later answer.';
comment on column pull_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column pull_superseded.provider is 'The outside API family that was asked.';
comment on column pull_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column pull_superseded.endpoint is 'The provider''s endpoint, as named in docs/sources.';
comment on column pull_superseded.outcome is 'How it ended: answered, empty, failed or not_available.';
comment on column pull_superseded.reason is 'Why it failed or was not available, one code.';
comment on column pull_superseded.detail is 'The failure in words, with the field''s path where there is one.';
comment on column pull_superseded.http_status is 'HTTP status of the last try, none where nothing was answered.';
comment on column pull_superseded.observed_at is 'When the provider''s answer arrived, UTC.';
comment on column pull_superseded.effective_at is 'The instant the answer is true for, UTC.';
comment on column pull_superseded.lag_seconds is 'Seconds from as_of to effective_at, negative when before.';
comment on column pull_superseded.is_exact_instant is 'Whether the endpoint was asked for the instant itself.';
comment on column pull_superseded.block_number is 'The block the answer is true for, if stated.';
comment on column pull_superseded.unknown_fields is 'Members of the body that the contract does not know.';
comment on column pull_superseded.tries is 'How many requests were sent for this pull.';
comment on column pull_superseded.elapsed_ms is 'Milliseconds of the last try, wall time.';
comment on column pull_superseded.body_bytes is 'Size in bytes of the kept answer''s body.';
comment on column pull_superseded.body_sha256 is 'SHA-256 of the kept body, hexadecimal digits.';
comment on column pull_superseded.request_id is 'The provider''s own id of the request, if sent.';
comment on column pull_superseded.attempt_id is 'Which raw stream keeps the answer.';
comment on column pull_superseded.normaliser_version is 'Version of the code that read the body.';
comment on column pull_superseded.confirmed_at is 'When the same was answered again, UTC, if it was.';
comment on column pull_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column pull_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table cell_superseded (
    as_of             timestamp not null,
    provider          varchar not null,
    pull_key          varchar not null,
    account_id        varchar not null,
    chain_id          varchar not null,
    layer             varchar not null,
    outcome           varchar not null,
    reason            varchar,
    record_rank       smallint not null,
    value_usd         decimal(38, 6),
    stated_value_usd  double,
    row_count         integer not null,
    unpriced_count    integer not null,
    quarantined_count integer not null,
    doubt             varchar,
    observed_at       timestamp,
    effective_at      timestamp,
    recorded_at       timestamp not null,
    superseded_at     timestamp not null
);
comment on table cell_superseded is 'One row of cell as it was believed before a later answer.';
comment on column cell_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column cell_superseded.provider is 'The outside API family that was asked.';
comment on column cell_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column cell_superseded.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column cell_superseded.chain_id is 'The chain as its CAIP-2 id.';
comment on column cell_superseded.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column cell_superseded.outcome is 'How it ended: answered, empty, failed or not_available.';
comment on column cell_superseded.reason is 'Why it failed or was not available, one code.';
comment on column cell_superseded.record_rank is 'The provider''s place in the order of record then, from 0.';
comment on column cell_superseded.value_usd is 'Sum of the cell''s counted booked values, US dollars.';
comment on column cell_superseded.stated_value_usd is 'The provider''s own total of the cell, US dollars, bit for bit.';
comment on column cell_superseded.row_count is 'How many assets the answer held in this cell.';
comment on column cell_superseded.unpriced_count is 'How many of them have no known price.';
comment on column cell_superseded.quarantined_count is 'How many of them have an unbelievable price or value.';
comment on column cell_superseded.doubt is 'Why the answer is not believed yet: vanished, or none.';
comment on column cell_superseded.observed_at is 'When the provider''s answer arrived, UTC.';
comment on column cell_superseded.effective_at is 'The instant the answer is true for, UTC.';
comment on column cell_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column cell_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table balance_superseded (
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
    price_origin     varchar,
    is_counted       boolean not null,
    recorded_at      timestamp not null,
    superseded_at    timestamp not null
);
comment on table balance_superseded is 'One row of balance as it was believed before a later answer.';
comment on column balance_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column balance_superseded.provider is 'The outside API family that was asked.';
comment on column balance_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column balance_superseded.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column balance_superseded.chain_id is 'The chain as its CAIP-2 id.';
comment on column balance_superseded.layer is 'The part of the account: wallet, position, debt or reward.';
comment on column balance_superseded.position_id is 'The provider''s id of the position, empty for plain tokens.';
comment on column balance_superseded.asset_id is 'The asset as its CAIP-19 type.';
comment on column balance_superseded.amount_raw is 'Exact amount in base units, decimal digits.';
comment on column balance_superseded.decimals is 'How many decimals the base unit has.';
comment on column balance_superseded.amount is 'Amount in whole units, none while decimals are unknown.';
comment on column balance_superseded.price_usd is 'Price in US dollars a whole unit, bit for bit.';
comment on column balance_superseded.price_status is 'Whether the price is priced, unknown, zero or quarantined.';
comment on column balance_superseded.stated_value_usd is 'The provider''s value in US dollars, bit for bit.';
comment on column balance_superseded.value_usd is 'The value booked once, US dollars, six decimals.';
comment on column balance_superseded.price_origin is 'Who made it: stated, implied, or a provider''s name.';
comment on column balance_superseded.is_counted is 'Whether the row counts; receipts of positions do not.';
comment on column balance_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column balance_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table position_superseded (
    as_of            timestamp not null,
    provider         varchar not null,
    pull_key         varchar not null,
    account_id       varchar not null,
    chain_id         varchar not null,
    position_id      varchar not null,
    contract_id      varchar not null,
    token_id         varchar not null,
    kind             varchar not null,
    protocol_id      varchar not null,
    protocol_name    varchar not null,
    name             varchar not null,
    stated_value_usd double,
    recorded_at      timestamp not null,
    superseded_at    timestamp not null
);
comment on table position_superseded is 'One row of position as it was believed before a later answer.';
comment on column position_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column position_superseded.provider is 'The outside API family that was asked.';
comment on column position_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column position_superseded.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column position_superseded.chain_id is 'The chain as its CAIP-2 id.';
comment on column position_superseded.position_id is 'The provider''s id of the position, as in balance.';
comment on column position_superseded.contract_id is 'The token that stands for it, as its CAIP-19 type.';
comment on column position_superseded.token_id is 'Which NFT it is, decimal digits, 0 for none.';
comment on column position_superseded.kind is 'What the provider calls it: lending, dex, staking and others.';
comment on column position_superseded.protocol_id is 'The provider''s id of the protocol group.';
comment on column position_superseded.protocol_name is 'The protocol group''s name for people, untrusted text.';
comment on column position_superseded.name is 'The contract''s own name, which is untrusted text.';
comment on column position_superseded.stated_value_usd is 'The provider''s value of it whole, US dollars.';
comment on column position_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column position_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table allowance_superseded (
    as_of         timestamp not null,
    provider      varchar not null,
    pull_key      varchar not null,
    account_id    varchar not null,
    chain_id      varchar not null,
    spender       varchar not null,
    asset_id      varchar not null,
    allowance_raw varchar not null,
    recorded_at   timestamp not null,
    superseded_at timestamp not null
);
comment on table allowance_superseded is 'One row of allowance as it was believed before a later answer.';
comment on column allowance_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column allowance_superseded.provider is 'The outside API family that was asked.';
comment on column allowance_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column allowance_superseded.account_id is 'The wallet, CAIP-10 style, EVM in lower case.';
comment on column allowance_superseded.chain_id is 'The chain as its CAIP-2 id.';
comment on column allowance_superseded.spender is 'The contract that may move the asset, in lower case.';
comment on column allowance_superseded.asset_id is 'The asset as its CAIP-19 type.';
comment on column allowance_superseded.allowance_raw is 'Exact allowance in base units, decimal digits.';
comment on column allowance_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column allowance_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table figure_superseded (
    as_of         timestamp not null,
    provider      varchar not null,
    pull_key      varchar not null,
    account_id    varchar,
    series        varchar not null,
    subject       varchar not null,
    measure       varchar not null,
    point_at      timestamp,
    number        double,
    words         varchar,
    recorded_at   timestamp not null,
    superseded_at timestamp not null
);
comment on table figure_superseded is 'One row of figure as it was believed before a later answer.';
comment on column figure_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column figure_superseded.provider is 'The outside API family that was asked.';
comment on column figure_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column figure_superseded.account_id is 'The wallet it is about, none where about no wallet.';
comment on column figure_superseded.series is 'Which endpoint states it, as named in docs/sources.';
comment on column figure_superseded.subject is 'What in the series it is about, empty for the whole.';
comment on column figure_superseded.measure is 'The provider''s own name of the figure.';
comment on column figure_superseded.point_at is 'Of a series over time, the point''s instant, UTC.';
comment on column figure_superseded.number is 'The figure, bit for bit, none where it is text.';
comment on column figure_superseded.words is 'The text as stated, untrusted, none for plain numbers.';
comment on column figure_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column figure_superseded.superseded_at is 'When a later belief replaced this one, UTC.';

create table store (
    portfolio_id   varchar not null,
    mode           varchar not null,
    schema_version integer not null,
    sql_sha256     varchar not null,
    basis_sha256   varchar not null,
    created_at     timestamp not null
);
comment on table store is 'One row: whose history this file holds.';
comment on column store.portfolio_id is 'Random id of the portfolio, made with the store.';
comment on column store.mode is 'Whether the history is real or simulated.';
comment on column store.schema_version is 'Number of the last applied file under sql/schema.';
comment on column store.sql_sha256 is 'Fingerprint of the applied views and answers, hexadecimal.';
comment on column store.basis_sha256 is 'Fingerprint of the rules and known flows that changes were made by, hexadecimal.';
comment on column store.created_at is 'When the store was made, UTC instant.';
