-- Closed periods: the numbers as they were reported. Kept as files too, from which a store made anew reads them back.

create table closing (
    closing_id      varchar not null,
    period          varchar not null,
    since           timestamp not null,
    until           timestamp not null,
    opening_as_of   timestamp,
    closing_as_of   timestamp not null,
    known_at        timestamp not null,
    closed_at       timestamp not null,
    missing_cells   bigint not null,
    note            varchar,
    partial_reason  varchar,
    replaces        varchar,
    reopen_reason   varchar,
    program_version varchar not null,
    lines_sha256    varchar not null
);

create table closingline (
    closing_id  varchar not null,
    per         varchar not null,
    part_id     varchar not null,
    name        varchar not null,
    measure     varchar not null,
    value_exact varchar
);

comment on table closing is 'One row a closing of a period: what was reported then is in closingline.';
comment on column closing.closing_id is 'The closing, part of its file''s name under closings.';
comment on column closing.period is 'What was closed: a month, quarter, year or span.';
comment on column closing.since is 'Begin of the period, UTC, inclusive.';
comment on column closing.until is 'End of the period, UTC, exclusive.';
comment on column closing.opening_as_of is 'The instant at which it opens, UTC, if there is one.';
comment on column closing.closing_as_of is 'The instant at which it closes, UTC.';
comment on column closing.known_at is 'When the last answer was taken that was known, UTC.';
comment on column closing.closed_at is 'When it was closed, UTC.';
comment on column closing.missing_cells is 'How many cells of the period had no record.';
comment on column closing.note is 'The words of who closed it, untrusted text.';
comment on column closing.partial_reason is 'Why it was closed with cells missing, untrusted text.';
comment on column closing.replaces is 'The closing of the same period that it takes the place of.';
comment on column closing.reopen_reason is 'Why that one was opened again, untrusted text.';
comment on column closing.program_version is 'Version of the program that closed it.';
comment on column closing.lines_sha256 is 'Fingerprint of the numbers, hexadecimal digits.';
comment on table closingline is 'One row a number that was reported when a period was closed; never changed.';
comment on column closingline.closing_id is 'The closing that it belongs to.';
comment on column closingline.per is 'What the number is about: total or account.';
comment on column closingline.part_id is 'Which one: the account id, all for the total.';
comment on column closingline.name is 'The account''s label at that time, untrusted text.';
comment on column closingline.measure is 'Which number of the statement it is.';
comment on column closingline.value_exact is 'Whole units of US dollars, decimal digits, none if not known.';
