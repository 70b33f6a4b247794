-- question: Does what a provider says of the past differ from what it told us then, or from what it said of the same point before?
-- One row a point of a provider's own value over time and statement of it; the same said again is no row of its own. Two series are
-- read: 1inch's general/chart, which speaks of all chains that the vendor knows, receipts once, debts taken off, rewards apart; and
-- Credmark's value/historical, which speaks of the wallet on Ethereum, receipts in it too. Each is held against the same provider's
-- own trusted rows of that account (of record or not, without the rules of the settings): wallet, position and debt
-- cells, with receipts for Credmark. What 1inch said at the tick itself that the account is worth on chains that are not
-- watched is taken off its chart first; it was said some time after the tick, so prices may have moved in between. Where it
-- said nothing then, nobody knows what the chart holds beside our cells, and there is no difference. A point counts for a
-- tick when it is the last one at or before it and within an hour; prices move within that hour too. Not fair, and not told
-- by the history, is a Credmark that the settings restrict to `tokens`: its rows are then fewer than its series.
-- parameter provider: Only this provider; default all.
-- parameter series: Only this series, general/chart or value/historical; default both.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter since: First point, date or instant in UTC; default the first that was ever stated.
-- parameter until: Last point, inclusive, UTC; default the last that was ever stated.
-- column provider varchar: The outside API family that stated it.
-- column series varchar: The endpoint that stated it.
-- column account_id varchar: The wallet it is about, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column point_at timestamp: The point's instant, UTC.
-- column stated_usd double: What is stated for it, US dollars, bit for bit.
-- column first_stated_as_of timestamp: The instant at which it was first stated so, UTC.
-- column last_stated_as_of timestamp: The instant at which it was last stated so, UTC.
-- column stated_before_usd double: What was stated for the same point before, US dollars, none where it was not or the same.
-- column restated_usd decimal(38,6): By how much it was restated, US dollars.
-- column as_of timestamp: The tick that the point counts for, UTC, none where it counts for none.
-- column recorded_usd decimal(38,6): What the same provider's rows of that tick add up to, US dollars.
-- column elsewhere_usd decimal(38,6): What it then said that the account is worth on chains that are not watched, US dollars.
-- column difference_usd decimal(38,6): Stated less elsewhere less recorded, US dollars.
-- column difference_share double: That as a fraction of what is recorded, none where that is 0.
-- column reason varchar: Why there is no difference, one code: no_tick, nearer_point, history_starts_later, missed_tick, not_asked, missing_cell, chains_unknown or out_of_range.
create or replace macro provider_drift(provider := null, series := null, account := null, since := null, until := null) as table
with
    mine as (from accounts_meant(account, null)),
    known(name, measure, is_everywhere, has_receipts) as (
        values ('general/chart', 'value_usd', true, false), ('value/historical', 'value', false, true)
    ),
    asked as (
        select case
            when series is null or series::varchar in (select known.name from known) then true
            else error('there is no drift of a series ' || series::varchar || '; there is of '
                || (select string_agg(known.name, ', ' order by known.name) from known))
        end as is_meant
    ),
    said as (
        select figure.as_of, figure.provider, figure.series, figure.account_id, figure.measure, figure.subject,
            figure.point_at, figure.number, figure.recorded_at, timestamp 'infinity' as believed_until
        from figure
        union all
        select past.as_of, past.provider, past.series, past.account_id, past.measure, past.subject, past.point_at,
            past.number, past.recorded_at, past.superseded_at
        from figure_superseded as past
    ),
    stated as (
        select said.as_of, said.provider, said.series, said.account_id, mine.label, said.point_at, said.number,
            known.is_everywhere, known.has_receipts, lag(said.number) over of_point as number_before,
            row_number() over of_point as turn
        from said
        join asked on asked.is_meant
        join known on known.name = said.series and known.measure = said.measure
        join mine on mine.account_id = said.account_id
        where said.point_at is not null and said.subject = '' and said.number is not null
            and (provider is null or said.provider = provider::varchar)
            and (series is null or said.series = series::varchar)
        window of_point as (
            partition by said.provider, said.series, said.account_id, said.point_at
            order by said.as_of, said.recorded_at, said.believed_until
        )
    ),
    parted as (
        select stated.*,
            count(*) filter (where stated.number_before is distinct from stated.number) over (
                partition by stated.provider, stated.series, stated.account_id, stated.point_at
                order by stated.turn
            ) as run
        from stated
    ),
    statement as (
        select parted.provider, parted.series, parted.account_id, parted.label, parted.point_at, parted.is_everywhere,
            parted.has_receipts, any_value(parted.number) as stated_usd, min(parted.as_of) as first_as_of,
            max(parted.as_of) as last_as_of, min(parted.turn) as first_turn,
            any_value(parted.number_before) filter (where parted.number_before <> parted.number) as before_usd
        from parted
        group by parted.provider, parted.series, parted.account_id, parted.label, parted.point_at, parted.is_everywhere,
            parted.has_receipts, parted.run
    ),
    due as (select distinct tick.as_of from tick),
    point as (
        select listed.provider, listed.series, listed.account_id, listed.point_at,
            case when due.as_of - listed.point_at <= interval 1 hour then due.as_of end as tick_as_of
        from (
            select distinct statement.provider, statement.series, statement.account_id, statement.point_at from statement
        ) as listed
        asof left join due on listed.point_at <= due.as_of
    ),
    met as (
        select point.*,
            point.point_at = max(point.point_at) over (
                partition by point.provider, point.series, point.account_id, point.tick_as_of
            ) as is_nearest
        from point
    ),
    planned as (
        select cell.as_of, cell.provider, cell.account_id, array_agg(distinct cell.chain_id) as chains,
            sum(cell.value_usd) filter (where cell.layer <> 'reward') as counted_usd
        from cell
        group by cell.as_of, cell.provider, cell.account_id
    ),
    trusted as (
        select answer.as_of, answer.provider, answer.account_id, bool_and(answer.is_trusted) as is_whole
        from cell_answer as answer
        where answer.layer <> 'reward'
        group by answer.as_of, answer.provider, answer.account_id
    ),
    receipt as (
        select balance.as_of, balance.provider, balance.account_id, sum(balance.value_usd) as receipts_usd
        from balance
        where not balance.is_counted and balance.layer <> 'reward'
        group by balance.as_of, balance.provider, balance.account_id
    ),
    breakdown as (
        select figure.as_of, figure.provider, figure.account_id,
            sum(case
                when figure.subject like 'by_chain/%' and not list_contains(planned.chains, figure.subject[10:])
                then try_cast(figure.number as decimal(30, 6)) else 0
            end) as elsewhere_usd
        from figure
        join planned
            on planned.as_of = figure.as_of and planned.provider = figure.provider and planned.account_id = figure.account_id
        where figure.point_at is null and (figure.measure = 'total' or figure.subject like 'by_chain/%')
        group by figure.as_of, figure.provider, figure.account_id
        having bool_or(figure.measure = 'total')
            and bool_and(figure.measure = 'total' or try_cast(figure.number as decimal(30, 6)) is not null)
    ),
    compared as (
        select statement.*, met.tick_as_of,
            case when trusted.is_whole then
                case when statement.has_receipts and receipt.receipts_usd is not null
                    then planned.counted_usd + receipt.receipts_usd else planned.counted_usd end
            end as recorded_usd,
            case when statement.is_everywhere then breakdown.elsewhere_usd end as elsewhere_usd,
            case
                when met.tick_as_of is null and statement.point_at < (select min(due.as_of) from due) then 'history_starts_later'
                when met.tick_as_of is null then 'no_tick'
                when not met.is_nearest then 'nearer_point'
                when snapshot.as_of is null then 'missed_tick'
                when planned.as_of is null then 'not_asked'
                when trusted.is_whole is not true then 'missing_cell'
                when statement.is_everywhere and breakdown.as_of is null then 'chains_unknown'
                when try_cast(statement.stated_usd as decimal(30, 6)) is null then 'out_of_range'
            end as reason
        from statement
        join met
            on met.provider = statement.provider and met.series = statement.series
            and met.account_id = statement.account_id and met.point_at = statement.point_at
        left join snapshot on snapshot.as_of = met.tick_as_of
        left join planned
            on planned.as_of = met.tick_as_of and planned.provider = statement.provider
            and planned.account_id = statement.account_id
        left join trusted
            on trusted.as_of = met.tick_as_of and trusted.provider = statement.provider
            and trusted.account_id = statement.account_id
        left join receipt
            on receipt.as_of = met.tick_as_of and receipt.provider = statement.provider
            and receipt.account_id = statement.account_id
        left join breakdown
            on breakdown.as_of = met.tick_as_of and breakdown.provider = statement.provider
            and breakdown.account_id = statement.account_id
    ),
    measured as (
        select compared.*,
            case
                when compared.reason is not null then null
                when compared.is_everywhere
                then try_cast(compared.stated_usd as decimal(30, 6)) - compared.elsewhere_usd - compared.recorded_usd
                else try_cast(compared.stated_usd as decimal(30, 6)) - compared.recorded_usd
            end as difference_usd
        from compared
    )
select
    measured.provider, measured.series, measured.account_id, measured.label, measured.point_at, measured.stated_usd,
    measured.first_as_of as first_stated_as_of, measured.last_as_of as last_stated_as_of,
    measured.before_usd as stated_before_usd,
    try_cast(measured.stated_usd - measured.before_usd as decimal(38, 6)) as restated_usd,
    measured.tick_as_of as as_of, measured.recorded_usd::decimal(38, 6) as recorded_usd,
    measured.elsewhere_usd::decimal(38, 6) as elsewhere_usd, measured.difference_usd::decimal(38, 6) as difference_usd,
    (measured.difference_usd / nullif(abs(measured.recorded_usd), 0))::double as difference_share, measured.reason
from measured
where measured.point_at between since_meant(since) and until_meant(until)
order by measured.provider, measured.series, measured.label, measured.point_at, measured.first_turn
