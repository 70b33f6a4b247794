-- alert: What is the last instant, which instants were recorded since a moment, and when was anything recorded last?
-- parameter moment: When the history was looked at last, UTC.
select
    max(snapshot.as_of) as last_as_of,
    min(snapshot.as_of) filter (where snapshot.recorded_at > $moment) as first_new_as_of,
    max(snapshot.recorded_at) as recorded_at
from snapshot
