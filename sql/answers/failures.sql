-- question: Which pulls have no answer at an instant, or one that could not be read in part, why, and what is to be done?
-- One row a provider, endpoint and reason; what cannot be asked for the instant any more is among them.
-- parameter as_of: The instant, UTC; the last snapshot at or before it counts; default the last of the history.
-- parameter provider: Only this provider; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column provider varchar: The outside API family that was asked.
-- column endpoint varchar: The provider's endpoint, as named in docs/sources.
-- column outcome varchar: failed; not_available where the endpoint cannot answer for the instant; answered where a part could not be read.
-- column reason varchar: Why there is no answer or not all of it, one code.
-- column pulls bigint: How many pulls ended so for this reason.
-- column planned bigint: How many pulls of this endpoint were made for the instant.
-- column cells bigint: How many cells have no answer for it; 0 where only what is in no total, or one item, is not there.
-- column detail varchar: One of them in words, as an example; it names the host, or the path of what could not be read.
-- column remedy varchar: What to do about it, in plain words.
create or replace macro failures(as_of := null, provider := null) as table
with
    asked as (
        select max(snapshot.as_of) as instant
        from snapshot
        where as_of is null or snapshot.as_of <= instant_meant(as_of)
    ),
    covered as (
        select cell.provider, cell.pull_key, count(*) as cells, min(cell.reason) as reason
        from cell
        where cell.as_of = (select instant from asked) and cell.outcome in ('failed', 'not_available')
        group by cell.provider, cell.pull_key
    ),
    made as (
        select pull.provider, pull.endpoint, pull.pull_key, pull.outcome, pull.detail,
            coalesce(pull.reason, covered.reason, 'unreadable') as reason, covered.cells,
            count(*) over (partition by pull.provider, pull.endpoint) as planned
        from pull
        left join covered on covered.provider = pull.provider and covered.pull_key = pull.pull_key
        where pull.as_of = (select instant from asked)
    )
select
    any_value(asked.instant) as as_of, made.provider, made.endpoint, made.outcome, made.reason, count(*) as pulls,
    -- zero: a count of cells, which a pull may have none of
    any_value(made.planned) as planned, coalesce(sum(made.cells), 0)::bigint as cells, min(made.detail) as detail,
    remedy_for(case when made.outcome in ('answered', 'empty') then 'in_part' else made.reason end) as remedy
from made
cross join asked
where (made.outcome in ('failed', 'not_available') or made.detail is not null)
    and (provider is null or made.provider = provider::varchar)
group by made.provider, made.endpoint, made.outcome, made.reason
order by made.provider, made.endpoint, pulls desc, made.reason
