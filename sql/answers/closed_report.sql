-- question: What was reported for a closed period, what is it now, and which restatements made the difference?
-- The numbers now are what would be reported now; where the instants at which the period opens or closes are others by now, both are
-- said. At the same instant, what restatements did to the value of record explains a difference of opening and closing; the rest is of
-- settings (rules for assets, bounds of accounts), or of neighbours that say who is of record. What flowed and moved between follows
-- from every instant of the period, so restatements are listed beside it and not added up.
-- parameter period: Which one, as it was closed; default all. One that was opened again is told by its last closing.
-- column period varchar: What was closed: a month, quarter, year or span.
-- column period_rule varchar: How its instants are found, reported and now: calendar, or inside for closings of earlier versions.
-- column per varchar: What the number is about: total or account.
-- column id varchar: Which one: the account id, all for the total.
-- column name varchar: The account's label at that time.
-- column measure varchar: Which number of the statement it is.
-- column reported_as_of timestamp: The instant of an opening or closing number as reported, UTC, else that of the closing.
-- column now_as_of timestamp: The same now, UTC.
-- column reported_usd decimal(38,6): What was reported, US dollars, NULL where it was not known.
-- column now_usd decimal(38,6): What it is now, US dollars, NULL where it is not known.
-- column difference_usd decimal(38,6): Now less reported, US dollars, NULL where one of them is not known.
-- column restated_usd decimal(38,6): What restatements since did to the value of record, US dollars; NULL but for opening and closing at the same instant.
-- column other_usd decimal(38,6): The rest of the difference, US dollars.
-- column restatements bigint: How many restatements since changed the value of record at its instants, and records of instants taken since.
-- column restated varchar[]: Those, by instant, provider and cause (as in restatements, or taken_late), with how many cells each.
-- column closed_at timestamp: When it was closed, UTC.
create or replace macro closed_report(period := null) as table
with
    standing as (
        select closing.*, bound.opening_as_of as opening_now, bound.closing_as_of as closing_now,
            least(closing.opening_as_of, bound.opening_as_of) as first_as_of,
            greatest(closing.closing_as_of, bound.closing_as_of) as last_as_of
        from closing
        left join closing_bound as bound on bound.closing_id = closing.closing_id
        where (period is null or closing.period = period::varchar)
            and closing.closing_id not in (select later.replaces from closing as later where later.replaces is not null)
    ),
    since_closed as (
        select standing.closing_id, changed.as_of, changed.account_id, changed.provider, changed.why, changed.layer,
            changed.record_difference_usd, changed.as_of <= greatest(standing.opening_as_of, standing.opening_now) as is_opening,
            changed.as_of >= least(standing.closing_as_of, standing.closing_now) as is_closing
        from restatements() as changed
        join standing
            on changed.believed_until > standing.known_at and changed.as_of <= standing.last_as_of
            and changed.as_of >= coalesce(standing.first_as_of, standing.since)
        where changed.is_of_record and changed.layer <> 'reward'
        union all
        select standing.closing_id, late.as_of, late.account_id, late.provider, 'taken_late', late.layer, late.value_usd,
            late.as_of <= greatest(standing.opening_as_of, standing.opening_now),
            late.as_of >= least(standing.closing_as_of, standing.closing_now)
        from cell_scope as late
        join standing
            on late.as_of <= standing.last_as_of and late.as_of >= coalesce(standing.first_as_of, standing.since)
        join (select attempt.as_of, min(attempt.taken_at) as first_at from attempt group by attempt.as_of) as begun
            on begun.as_of = late.as_of and begun.first_at > standing.known_at
        where late.is_recorded and late.is_counted
    ),
    line as (
        select standing.period as closed_period, standing.period_rule, standing.closing_id, standing.since, standing.closed_at,
            coalesce(said.per, now.per) as per, coalesce(said.part_id, now.part_id) as part_id,
            coalesce(said.name, now.name) as name, coalesce(said.measure, now.measure) as measure,
            case when coalesce(said.measure, now.measure) = 'opening_usd' then standing.opening_as_of else standing.closing_as_of end
                as reported_as_of,
            case when coalesce(said.measure, now.measure) = 'opening_usd' then standing.opening_now else standing.closing_now end
                as now_as_of,
            said.value_exact::decimal(38, 6) as reported_usd, now.value_usd as now_usd
        from standing
        join (
            closingline as said
            full join closing_now as now
                on now.closing_id = said.closing_id and now.per = said.per and now.part_id = said.part_id
                and now.measure = said.measure
        ) on standing.closing_id = coalesce(said.closing_id, now.closing_id)
    ),
    caused as (
        select line.closing_id, line.per, line.part_id, line.measure, since_closed.as_of, since_closed.provider,
            since_closed.why, count(*) as cells, sum(since_closed.record_difference_usd) as restated_usd
        from line
        join since_closed
            on since_closed.closing_id = line.closing_id and line.part_id in ('all', since_closed.account_id)
            and case line.measure
                when 'opening_usd' then since_closed.is_opening
                when 'closing_usd' then since_closed.is_closing
                when 'known_value_usd' then since_closed.is_closing
                else true
            end
        group by all
    ),
    cause as (
        select caused.closing_id, caused.per, caused.part_id, caused.measure, sum(caused.cells)::bigint as restatements,
            sum(caused.restated_usd) as restated_usd,
            list(
                strftime(caused.as_of, '%Y-%m-%d %H:%M') || ' ' || caused.provider || ': ' || caused.why || ', '
                    || caused.cells || case when caused.cells = 1 then ' cell' else ' cells' end
                order by caused.as_of, caused.provider, caused.why
            ) as restated
        from caused
        group by all
    )
select
    line.closed_period as period, line.period_rule, line.per, line.part_id as id, line.name, line.measure, line.reported_as_of,
    line.now_as_of, line.reported_usd, line.now_usd,
    line.now_usd - line.reported_usd as difference_usd,
    case when line.reported_as_of = line.now_as_of and line.measure in ('opening_usd', 'closing_usd', 'known_value_usd') then
        -- zero: where nothing was restated since, nothing was added
        case when cause.restated_usd is null then 0::decimal(38, 6) else cause.restated_usd end
    end as restated_usd,
    case when line.reported_as_of = line.now_as_of and line.measure in ('opening_usd', 'closing_usd', 'known_value_usd') then
        -- zero: where nothing was restated since, nothing was added
        line.now_usd - line.reported_usd - case when cause.restated_usd is null then 0 else cause.restated_usd end
    end as other_usd,
    -- zero: a count of restatements that are not there
    case when cause.restatements is null then 0 else cause.restatements end as restatements,
    coalesce(cause.restated, []) as restated, line.closed_at
from line
left join cause
    on cause.closing_id = line.closing_id and cause.per = line.per and cause.part_id = line.part_id and cause.measure = line.measure
order by line.since, line.closing_id, line.per = 'account', line.name, line.part_id,
    array_position(
        [
            'opening_usd', 'net_flow_usd', 'accrual_usd', 'income_usd', 'fee_usd', 'price_effect_usd', 'scope_usd', 'revaluation_usd',
            'closing_usd', 'known_value_usd', 'profit_abs_usd'
        ], line.measure
    )
