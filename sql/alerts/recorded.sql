-- alert: What is the last instant, which instants were recorded since a moment, and when was anything recorded last?
-- parameter moment: When the history was looked at last, UTC.
-- parameter now: The time of now, UTC; an instant behind it comes of a clock that was ahead.
select
    max(snapshot.as_of) as last_as_of, max(snapshot.as_of) filter (where snapshot.as_of <= $now) as last_come_as_of,
    min(snapshot.as_of) filter (where snapshot.recorded_at > $moment) as first_new_as_of,
    max(snapshot.recorded_at) as recorded_at
from snapshot
