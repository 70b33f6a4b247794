-- claim: A provider's own total is what its parts add up to, to a dollar or one percent.
-- Of an answer, a cell, a position, a chain, an account, and of its series over time; `reconciliation` shows what agrees too.
select stated.as_of, stated.provider, stated.account_id, stated.chain_id, stated.layer, stated.subject, stated.parts_usd, stated.stated_usd
from provider_total as stated
where stated.as_of between $since and $until and contradicts(stated.stated_usd, stated.parts_usd)
union all
select drift.as_of, drift.provider, drift.account_id, null, null, drift.series, drift.recorded_usd::double,
    (drift.recorded_usd + drift.difference_usd)::double
from provider_drift(since := greatest($since::timestamp, timestamp '1970-01-02') - interval 1 hour, until := $until) as drift
where drift.as_of between $since and $until
    and contradicts(drift.recorded_usd + drift.difference_usd, drift.recorded_usd)
