-- Periods run by the calendar since then. Closings made before keep the rule under which they were reported.

alter table closing add column period_rule varchar default 'inside';
alter table closing alter column period_rule set not null;
alter table closing alter column period_rule drop default;
comment on column closing.period_rule is 'How its instants are found: calendar, from its begin to its end, or inside, before each of them.';
comment on column closing.until is 'End of the period, UTC.';
