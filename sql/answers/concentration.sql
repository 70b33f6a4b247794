-- question: How concentrated is the value, what is the largest part of it, and how much of it is borrowed?
-- One row, made from `allocation`; docs/metrics.md has the definitions. Where a cell in scope has no record, shares are of what is
-- known and is_complete is false; sums of money and leverage are then NULL, with what is known beside.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: asset_group, asset, chain, account, layer or protocol; default asset_group.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What the parts are: asset_group, asset, chain, account, layer or protocol.
-- column parts bigint: How many parts are known to be worth more than 0.
-- column herfindahl double: Sum of the squares of their shares, 1 where all is in one.
-- column effective_number double: 1 by that: how many parts of the same size would be as concentrated.
-- column largest_share double: The largest share, a fraction.
-- column largest_id varchar: Whose it is.
-- column largest_name varchar: Its name for people.
-- column gross_usd decimal(38,6): Sum of the parts above 0, US dollars, NULL where the value of a cell in scope is not known.
-- column debt_usd decimal(38,6): All that is owed, above zero, US dollars, NULL where the value of a cell in scope is not known.
-- column net_usd decimal(38,6): Value net of debts, US dollars, NULL where the value of a cell in scope is not known.
-- column leverage double: Debt as a fraction of the value before debts, none where that is not above 0.
-- column known_gross_usd decimal(38,6): Sum of the parts above 0 of the cells that have a record, US dollars.
-- column known_debt_usd decimal(38,6): What is owed in the cells that have a record, US dollars.
-- column unpriced_count bigint: How many holdings have no known value and so no part in it.
-- column is_complete boolean: Whether the value of every cell in scope is known.
-- column reason varchar: Why something is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered, unpriced or no_capital.
create or replace macro concentration(
    as_of := null, account := null, account_group := null, chain := null, per := 'asset_group'
) as table
with
    part as (
        select * from allocation(
            as_of := as_of, account := account, account_group := account_group, chain := chain, per := per
        )
    ),
    summed as (
        select any_value(part.as_of) as instant, any_value(part.per) as asked_per, bool_and(part.is_complete) as is_complete,
            count(*) filter (where part.share > 0) as parts,
            list_sum(list(part.share * part.share order by part.id) filter (where part.share > 0)) as herfindahl,
            max(part.share) filter (where part.share > 0) as largest_share,
            arg_max(part.id, (part.share, part.id)) filter (where part.share > 0) as largest_id,
            arg_max(part.name, (part.share, part.id)) filter (where part.share > 0) as largest_name,
            sum(part.known_value_usd) filter (where part.known_value_usd > 0) as gross_usd,
            sum(part.debt_usd) as debt_usd, sum(part.known_value_usd) as net_usd,
            sum(part.unpriced_count)::bigint as unpriced_count,
            bool_or(part.reason is not distinct from 'missed_tick') as is_missed, sum(part.missing_cells) > 0 as is_missing,
            min(part.reason) filter (where part.reason in ('price_unconfirmed', 'receipt_uncovered', 'unpriced')) as withheld
        from part
        having count(*) > 0
    )
select
    summed.instant as as_of, summed.asked_per as per, summed.parts, summed.herfindahl,
    1 / summed.herfindahl as effective_number,
    summed.largest_share, summed.largest_id, summed.largest_name,
    case when summed.is_complete then summed.gross_usd end as gross_usd,
    case when summed.is_complete then summed.debt_usd end as debt_usd,
    case when summed.is_complete then summed.net_usd end as net_usd,
    case when summed.is_complete and summed.net_usd + summed.debt_usd > 0
        then (summed.debt_usd / (summed.net_usd + summed.debt_usd))::double end as leverage,
    summed.gross_usd as known_gross_usd, summed.debt_usd as known_debt_usd, summed.unpriced_count, summed.is_complete,
    case
        when not summed.is_complete and summed.is_missed then 'missed_tick'
        when summed.is_missing then 'missing_cell'
        when not summed.is_complete then summed.withheld
        when summed.net_usd is null then 'unpriced'
        when summed.net_usd <= 0 then 'no_capital'
    end as reason
from summed
