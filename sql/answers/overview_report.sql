-- question: How did each period begin, what changed in it and why, how did it end? (a NAV statement; as 1inch general/report)
-- A period runs from the last complete instant at or before its begin to the last one at or before its end: with ticks at 00:00, May is
-- 1 May 00:00 to 1 June 00:00. So each period opens where the one before closed, and their changes add up to the change of the whole.
-- The first period of the history opens at its first complete instant. A period without a complete instant has no numbers; what changed
-- in it is in the next one that has. `since` and `until` choose periods; `since` changes none, the last one ends with `until`.
-- parameter since: Periods from the one on that holds this date or instant, UTC; default the first of the history.
-- parameter until: Periods up to the one that holds this day or instant, UTC, which ends with it; default the last of the history.
-- parameter every: Length of a period: day, week, month, quarter or year; default month.
-- parameter per: What to report on, each in its rows: total, account, chain or layer; default total.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column period_as_of timestamp: Begin of the period, UTC.
-- column period_until timestamp: End of the period, UTC: the begin of the next one.
-- column per varchar: What a row is about: total, account, chain or layer.
-- column id varchar: Which one.
-- column name varchar: Its name for people.
-- column opening_as_of timestamp: The complete instant at which it opens, UTC.
-- column closing_as_of timestamp: The complete instant at which it closes, UTC.
-- column opening_usd decimal(38,6): Booked value at the opening, US dollars.
-- column net_flow_usd decimal(38,6): What was moved in less what was moved out, US dollars.
-- column accrual_usd decimal(38,6): What holdings earned or owed by themselves, US dollars: a part of income.
-- column income_usd decimal(38,6): What holdings earned or owed: accrual and claimed rewards, US dollars.
-- column fee_usd decimal(38,6): What was lost to fees and penalties, below zero, US dollars.
-- column price_effect_usd decimal(38,6): What prices made of what was held, US dollars.
-- column scope_usd decimal(38,6): What entered or left the scope, US dollars.
-- column revaluation_usd decimal(38,6): What became priced or unpriced, US dollars.
-- column closing_usd decimal(38,6): Booked value at the closing, US dollars.
-- column profit_abs_usd decimal(38,6): Price, income and fees, US dollars.
-- column instants bigint: How many instants the period has after its begin, up to its end.
-- column complete_share double: What fraction of them is complete.
-- column ambiguous_usd decimal(38,6): How much of income and fees could as well be flow, or the other way round, US dollars.
-- column method varchar: How flows are known: implied_from_snapshots or classified_flows.
-- column notes varchar[]: Where the instants are not those of the period's begin and end: history_starts_later, gap_at_begin, gap_at_end, not_over.
-- column reason varchar: Why the numbers are NULL, one code, none where they are not.
create or replace macro overview_report(
    since := null, until := null, every := 'month', per := 'total',
    account := null, account_group := null, chain := null
) as table
with
    asked as (
        select meant.scope_id, meant.last_as_of, since_meant(since) as since_at, until_meant(until) as until_at,
            case when every::varchar in ('day', 'week', 'month', 'quarter', 'year') then every::varchar
                else error('there is no report every ' || every::varchar || '; there is every day, week, month, quarter, year') end as asked_every,
            case when per::varchar in ('total', 'account', 'chain', 'layer') then per::varchar
                else error('there is no report per ' || per::varchar || '; there is per total, account, chain, layer') end as asked_per,
            case every::varchar when 'day' then interval 1 day when 'week' then interval 7 days when 'month' then interval 1 month
                when 'quarter' then interval 3 months else interval 1 year end as length
        from meant(account, account_group) as meant
    ),
    mine as (
        select scope.account_id from scope join asked on asked.scope_id = scope.scope_id
    ),
    point as (
        select total.as_of, total.is_complete,
            date_trunc(asked.asked_every, total.as_of - case when total.as_of > min(total.as_of) over () then interval 1 microsecond
                else interval 0 microsecond end) as period
        from asked
        join total on total.scope_id = asked.scope_id and total.chain_id = coalesce(chain::varchar, 'all')
        where total.is_instant and total.as_of <= asked.until_at + interval 1 microsecond
            and (total.as_of <= asked.until_at or total.as_of = date_trunc(asked.asked_every, total.as_of))
    ),
    period as (
        select point.period, count(*) as instants, count(*) filter (where point.is_complete) / count(*) as complete_share,
            max(point.as_of) as last_as_of, max(point.as_of) filter (where point.is_complete) as closing_as_of,
            min(point.as_of) filter (where point.is_complete) as first_as_of
        from point
        group by point.period
    ),
    span as (
        select period.*, period.period + asked.length as period_until, asked.asked_per, asked.since_at,
            coalesce(last_value(period.closing_as_of ignore nulls) over so_far, period.first_as_of) as opening_as_of,
            last_value(period.last_as_of) over so_far as before_as_of,
            least(asked.last_as_of, asked.until_at + interval 1 microsecond) < period.period + asked.length as is_running
        from period
        cross join asked
        window so_far as (order by period.period rows between unbounded preceding and 1 preceding)
    ),
    shown as (
        select span.* from span where span.period_until > span.since_at
    ),
    part as (
        select shown.period, case when per = 'account' then total.scope_id when per = 'chain' then total.chain_id else 'all' end as id,
            case when total.as_of = shown.opening_as_of then total.value_usd end as opening_usd,
            case when total.as_of = shown.closing_as_of then total.value_usd end as closing_usd,
            total.is_instant and total.as_of = shown.opening_as_of as is_opening,
            total.is_instant and total.as_of = shown.closing_as_of as is_closing, total.reason,
            total.as_of > shown.opening_as_of as is_step, total.flow_usd, total.accrual_usd, total.income_usd, total.fee_usd,
            total.price_effect_usd, total.scope_usd, total.revaluation_usd, total.ambiguous_usd, total.is_classified
        from total
        join shown on total.as_of between shown.opening_as_of and shown.closing_as_of
        cross join asked
        where case when per = 'account' then total.scope_id in (select mine.account_id from mine)
                else per in ('total', 'chain') and total.scope_id = asked.scope_id end
            and case when per = 'chain' and chain is null then total.chain_id <> 'all'
                else total.chain_id = coalesce(chain::varchar, 'all') end
        union all
        select shown.period, movement.layer, null, null, false, false, null, true, movement.flow_usd, movement.accrual_usd,
            movement.income_usd, movement.fee_usd, movement.price_effect_usd, movement.scope_usd, movement.revaluation_usd,
            movement.ambiguous_usd, movement.is_classified
        from movement
        join mine on mine.account_id = movement.account_id
        join shown on movement.as_of > shown.opening_as_of and movement.as_of <= shown.closing_as_of
        where per = 'layer' and (chain is null or movement.chain_id = chain::varchar)
        union all
        select shown.period, held.layer, case when held.as_of = shown.opening_as_of then held.value_usd end,
            case when held.as_of = shown.closing_as_of then held.value_usd end,
            held.as_of = shown.opening_as_of, held.as_of = shown.closing_as_of,
            case when held.value_usd is null then 'nothing_priced' end, false, null, null, null, null, null, null, null, null, null
        from cell_scope as held
        join mine on mine.account_id = held.account_id
        join shown on held.as_of = shown.opening_as_of or held.as_of = shown.closing_as_of
        where per = 'layer' and held.is_counted and (chain is null or held.chain_id = chain::varchar)
    ),
    summed as (
        select part.period, part.id,
            worth_at_end(part.opening_usd, part.is_opening) as opening_usd,
            worth_at_end(part.closing_usd, part.is_closing) as closing_usd,
            min(part.reason) filter (where part.is_opening or part.is_closing) as unknown,
            changed_by_steps(part.flow_usd, part.is_step) as net_flow_usd,
            changed_by_steps(part.accrual_usd, part.is_step) as accrual_usd,
            changed_by_steps(part.income_usd, part.is_step) as income_usd,
            changed_by_steps(part.fee_usd, part.is_step) as fee_usd,
            changed_by_steps(part.ambiguous_usd, part.is_step) as ambiguous_usd,
            changed_by_steps(part.price_effect_usd, part.is_step) as price_effect_usd,
            changed_by_steps(part.scope_usd, part.is_step) as scope_usd,
            changed_by_steps(part.revaluation_usd, part.is_step) as revaluation_usd,
            bool_and(part.is_classified) filter (where part.is_step) as is_classified
        from part
        group by part.period, part.id
    )
select
    shown.period as period_as_of, shown.period_until, shown.asked_per as per, coalesce(summed.id, 'all') as id,
    coalesce(named.label, summed.id, 'all') as name, shown.opening_as_of, shown.closing_as_of, summed.opening_usd,
    summed.net_flow_usd, summed.accrual_usd, summed.income_usd, summed.fee_usd, summed.price_effect_usd, summed.scope_usd, summed.revaluation_usd,
    summed.closing_usd, (summed.price_effect_usd + summed.income_usd + summed.fee_usd)::decimal(38, 6) as profit_abs_usd, shown.instants,
    shown.complete_share, summed.ambiguous_usd,
    case when summed.is_classified then 'classified_flows' else 'implied_from_snapshots' end as method,
    list_filter(
        [
            case when shown.opening_as_of > shown.period then 'history_starts_later' end,
            case when shown.opening_as_of < shown.before_as_of then 'gap_at_begin' end,
            case when shown.closing_as_of is distinct from shown.last_as_of then 'gap_at_end' end,
            case when shown.is_running then 'not_over' end
        ],
        lambda note: note is not null
    ) as notes,
    case
        when shown.closing_as_of is null then 'gap'
        when summed.opening_usd is null or summed.closing_usd is null then summed.unknown
    end as reason
from shown
left join summed on summed.period = shown.period and shown.closing_as_of is not null
left join account as named on named.account_id = summed.id
order by shown.period, abs(summed.closing_usd) desc nulls last, id
