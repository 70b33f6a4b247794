-- question: Which periods are closed, when and with which value, and which closings were opened again?
-- parameter period: Only this one, as it was closed; default all.
-- column period varchar: What was closed: a month, quarter, year or span.
-- column closing_id varchar: The closing, part of its file's name under closings.
-- column period_rule varchar: How its instants are found: calendar, at or before begin and end; inside, before each of them, as in closings of earlier versions.
-- column status varchar: closed, or superseded where it was opened again and closed anew.
-- column opening_as_of timestamp: The instant at which it opens, UTC.
-- column closing_as_of timestamp: The instant at which it closes, UTC.
-- column value_usd decimal(38,6): The total that was reported at the closing, US dollars, NULL where it was not known.
-- column known_value_usd decimal(38,6): What of it was known, US dollars.
-- column missing_cells bigint: How many cells of the period had no record.
-- column partial_reason varchar: Why it was closed nevertheless, untrusted text.
-- column note varchar: The words of who closed it, untrusted text.
-- column known_at timestamp: When the last answer was taken that was known, UTC.
-- column closed_at timestamp: When it was closed, UTC.
-- column superseded_at timestamp: When it was closed anew, UTC, none where it stands.
-- column reopen_reason varchar: Why the one before it was opened again, untrusted text.
-- column fingerprint varchar: SHA-256 of the numbers, hexadecimal digits.
-- column program_version varchar: Version of the program that closed it.
create or replace macro closings(period := null) as table
with total as (
    select closingline.closing_id,
        max(closingline.value_exact) filter (closingline.measure = 'closing_usd')::decimal(38, 6) as value_usd,
        max(closingline.value_exact) filter (closingline.measure = 'known_value_usd')::decimal(38, 6) as known_value_usd
    from closingline
    where closingline.per = 'total'
    group by closingline.closing_id
)
select closing.period, closing.closing_id, closing.period_rule, case when later.closing_id is null then 'closed' else 'superseded' end as status,
    closing.opening_as_of, closing.closing_as_of, total.value_usd, total.known_value_usd, closing.missing_cells,
    closing.partial_reason, closing.note, closing.known_at, closing.closed_at, later.closed_at as superseded_at,
    closing.reopen_reason, closing.lines_sha256 as fingerprint, closing.program_version
from closing
left join total on total.closing_id = closing.closing_id
left join closing as later on later.replaces = closing.closing_id
where period is null or closing.period = period::varchar
order by closing.since, closing.until, closing.closed_at
