-- claim: Puts a period where the views of bounds and numbers find it; rolled back once they are read.
insert into closing by name
select $closing_id as closing_id, '' as period, $since::timestamp as since, $until::timestamp as until,
    $since::timestamp as closing_as_of, $since::timestamp as known_at, $since::timestamp as closed_at, 0 as missing_cells,
    '' as program_version, '' as lines_sha256, 'calendar' as period_rule;
