-- claim: Pulls that were answered again and say the same are confirmed, by the time of the answer that said so; a failure that
-- fails again says nothing.
update pull
set confirmed_at = confirmed.taken_at
from confirmed
where pull.as_of = confirmed.as_of and pull.provider = confirmed.provider and pull.pull_key = confirmed.pull_key
    and pull.outcome in ('answered', 'empty');
