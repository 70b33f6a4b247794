-- claim: No answer is of record for an instant other than its own: at most an hour old, later only within the grace.
select pull.as_of, pull.provider, pull.pull_key, pull.effective_at, pull.is_exact_instant
from pull
join snapshot on snapshot.as_of = pull.as_of
where pull.as_of between $since and $until
    and pull.outcome in ('answered', 'empty')
    and case
        when pull.is_exact_instant
            then pull.effective_at not between pull.as_of - interval 1 hour and pull.as_of
        else pull.effective_at not between pull.as_of and pull.as_of + to_minutes(snapshot.grace_minutes)
    end is not false
