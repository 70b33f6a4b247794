-- macro: The first instant of a time range that is counted back from the last instant of the history.
-- parameter timerange: 1day, 1week, 1month, 1year, 3years or all.
create or replace macro timerange_meant(timerange) as (
    select extent.last_as_of - case timerange::varchar
        when '1day' then interval 1 day when '1week' then interval 7 days when '1month' then interval 1 month
        when '1year' then interval 1 year when '3years' then interval 3 years when 'all' then interval 9999 years
        else error('there is no time range ' || timerange::varchar || '; there are 1day, 1week, 1month, 1year, 3years, all')
    end
    from extent
)
