-- question: Which pulls have no answer at an instant, why, and what is to be done?
-- One row a provider, endpoint and reason; what cannot be asked for the instant any more is among them.
-- parameter as_of: The instant, UTC; the last snapshot at or before it counts; default the last of the history.
-- parameter provider: Only this provider; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column provider varchar: The outside API family that was asked.
-- column endpoint varchar: The provider's endpoint, as named in docs/sources.
-- column outcome varchar: failed, or not_available where the endpoint cannot answer for the instant.
-- column reason varchar: Why there is no answer, one code.
-- column pulls bigint: How many pulls have no answer for this reason.
-- column planned bigint: How many pulls of this endpoint were made for the instant.
-- column cells bigint: How many cells these pulls cover; 0 where what they bring is in no total.
-- column detail varchar: One of them in words, as an example; it names the host.
-- column remedy varchar: What to do about it, in plain words.
create or replace macro failures(as_of := null, provider := null) as table
with
    asked as (
        select max(snapshot.as_of) as instant
        from snapshot
        where as_of is null or snapshot.as_of <= instant_meant(as_of)
    ),
    made as (
        select pull.provider, pull.endpoint, pull.pull_key, pull.outcome, pull.reason, pull.detail,
            count(*) over (partition by pull.provider, pull.endpoint) as planned
        from pull
        where pull.as_of = (select instant from asked)
    ),
    covered as (
        select cell.provider, cell.pull_key, count(*) as cells
        from cell
        where cell.as_of = (select instant from asked)
        group by cell.provider, cell.pull_key
    )
select
    any_value(asked.instant) as as_of, made.provider, made.endpoint, made.outcome, made.reason, count(*) as pulls,
    -- zero: a count of cells, which a pull may have none of
    any_value(made.planned) as planned, coalesce(sum(covered.cells), 0)::bigint as cells, min(made.detail) as detail,
    remedy_for(made.reason) as remedy
from made
cross join asked
left join covered on covered.provider = made.provider and covered.pull_key = made.pull_key
where made.outcome in ('failed', 'not_available') and (provider is null or made.provider = provider::varchar)
group by made.provider, made.endpoint, made.outcome, made.reason
order by made.provider, made.endpoint, pulls desc, made.reason
