-- alert: Which cells have no record at the last instant because their answers are in doubt, since when, and what to do?
-- parameter moment: Only what reaches this instant, the last one, UTC.
select
    gap.first_as_of, gap.cause, gap.remedy,
    gap.label || ' / ' || gap.chain_id || ' / ' || gap.layer || ': ' || gap.cause as cell
from gaps() as gap
where gap.is_open and gap.last_as_of = $moment and gap.cause like 'suspect:%'
order by cell
