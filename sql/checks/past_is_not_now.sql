-- claim: No answer is of record for an instant other than its own: at most an hour old, later only within the grace.
-- Rates are as old as they are, by working days; of them only a later one would be wrong. So is a chain's block: the next one
-- proves that it is the last, however long the chain stood still.
select pull.as_of, pull.provider, pull.pull_key, pull.effective_at, pull.is_exact_instant
from pull
join snapshot on snapshot.as_of = pull.as_of
left join (select distinct rate.as_of, rate.provider, rate.pull_key from rate) as rated
    on rated.as_of = pull.as_of and rated.provider = pull.provider and rated.pull_key = pull.pull_key
left join (
    select distinct figure.as_of, figure.provider, figure.pull_key from figure where figure.measure = 'block_hash'
) as chained on chained.as_of = pull.as_of and chained.provider = pull.provider and chained.pull_key = pull.pull_key
where pull.as_of between $since and $until
    and pull.outcome in ('answered', 'empty')
    and case
        when rated.as_of is not null or chained.as_of is not null then pull.effective_at > pull.as_of
        when pull.is_exact_instant
            then pull.effective_at not between pull.as_of - interval 1 hour and pull.as_of
        else pull.effective_at not between pull.as_of and pull.as_of + to_minutes(snapshot.grace_minutes)
    end is not false
