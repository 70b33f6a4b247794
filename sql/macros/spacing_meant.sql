-- macro: The spacing that a chart means; one that is finer than the snapshots is an error that says how far these lie apart.
-- parameter every: hour, day, week, month, quarter or year; NULL for every instant.
create or replace macro spacing_meant(every) as (
    select case
        when every is null then null
        when every::varchar not in ('hour', 'day', 'week', 'month', 'quarter', 'year')
        then error('there is no chart every ' || every::varchar || '; there is every hour, day, week, month, quarter, year')
        when every::varchar = 'hour' and extent.finest_seconds > 3600 or every::varchar = 'day' and extent.finest_seconds > 86400
            or every::varchar = 'week' and extent.finest_seconds > 7 * 86400
        then error('every ' || every::varchar || ' is finer than the snapshots, which lie '
            || (extent.finest_seconds / 3600)::integer || ' hours apart; leave `every` out or make it longer')
        else every::varchar
    end
    from extent
)
