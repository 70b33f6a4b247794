-- What a unit of a currency cost, as it was last published by an instant. dagster_project/tables.py declares the same.

create table rate (
    as_of         timestamp not null,
    provider      varchar not null,
    pull_key      varchar not null,
    currency      varchar not null,
    usd_per_unit  double not null,
    base_currency varchar not null,
    usd_per_base  varchar not null,
    unit_per_base varchar not null,
    rate_day      date not null,
    published_at  timestamp not null,
    recorded_at   timestamp not null
);
comment on table rate is 'One row a currency as it was last published by an instant: what a unit of it cost.';
comment on column rate.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column rate.provider is 'The outside API family that was asked.';
comment on column rate.pull_key is 'Which planned question of the provider this belongs to.';
comment on column rate.currency is 'The currency as its ISO 4217 code.';
comment on column rate.usd_per_unit is 'US dollars for a unit, the double nearest to the exact quotient.';
comment on column rate.base_currency is 'The currency that the publisher''s rates are against.';
comment on column rate.usd_per_base is 'US dollars for a unit of the base, digits as published.';
comment on column rate.unit_per_base is 'Units of the currency for one of the base, digits as published.';
comment on column rate.rate_day is 'The day whose rate it is, at the publisher''s seat.';
comment on column rate.published_at is 'From when on the rate counts as published, UTC.';
comment on column rate.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';

create table rate_superseded (
    as_of         timestamp not null,
    provider      varchar not null,
    pull_key      varchar not null,
    currency      varchar not null,
    usd_per_unit  double not null,
    base_currency varchar not null,
    usd_per_base  varchar not null,
    unit_per_base varchar not null,
    rate_day      date not null,
    published_at  timestamp not null,
    recorded_at   timestamp not null,
    superseded_at timestamp not null
);
comment on table rate_superseded is 'One row of rate as it was believed before a later answer.';
comment on column rate_superseded.as_of is 'The instant this row stands for, UTC: the cron tick.';
comment on column rate_superseded.provider is 'The outside API family that was asked.';
comment on column rate_superseded.pull_key is 'Which planned question of the provider this belongs to.';
comment on column rate_superseded.currency is 'The currency as its ISO 4217 code.';
comment on column rate_superseded.usd_per_unit is 'US dollars for a unit, the double nearest to the exact quotient.';
comment on column rate_superseded.base_currency is 'The currency that the publisher''s rates are against.';
comment on column rate_superseded.usd_per_base is 'US dollars for a unit of the base, digits as published.';
comment on column rate_superseded.unit_per_base is 'Units of the currency for one of the base, digits as published.';
comment on column rate_superseded.rate_day is 'The day whose rate it is, at the publisher''s seat.';
comment on column rate_superseded.published_at is 'From when on the rate counts as published, UTC.';
comment on column rate_superseded.recorded_at is 'When this belief was taken, UTC; earlier beliefs are superseded.';
comment on column rate_superseded.superseded_at is 'When a later belief replaced this one, UTC.';
