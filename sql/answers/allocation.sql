-- question: How is the value spread over groups of assets, assets, chains, accounts, layers or protocols, and what is owed?
-- A group is worth what counts in it net of debts; docs/metrics.md has the definitions. Shares are of the groups above 0, which
-- add up to 1; groups below 0 stand beside without a share. Where a cell in scope has no record, shares are of what is known
-- and is_complete is false: each account, chain or layer that it may touch has no value, only what is known; by anything else
-- it may touch every group, and a row without an id tells what is missing. Unclaimed rewards are no part of it.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: asset_group, asset, chain, account, layer or protocol; default asset_group.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What a row is about: asset_group, asset, chain, account, layer or protocol.
-- column id varchar: Which one, a wallet's tokens are the protocol `wallet`; none for what is missing in no group that is known.
-- column name varchar: Its name for people, untrusted text of assets and protocols.
-- column value_usd decimal(38,6): Booked value net of debts, US dollars, NULL where a missing cell may touch it or nothing has a price.
-- column share double: Known value as a fraction of all known values above 0, none below 0.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column held_usd decimal(38,6): What of that is held, US dollars.
-- column debt_usd decimal(38,6): What of that is owed, above zero, US dollars.
-- column leverage double: Debt as a fraction of the known value before debts, none where that is not above 0.
-- column unpriced_count bigint: How many holdings have no known value.
-- column missing_cells bigint: How many cells in scope that may touch it have no record.
-- column missing_last_known_usd decimal(38,6): What those of the row itself were last worth, US dollars.
-- column is_complete boolean: Whether the value of every cell in scope of what is asked for is known.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered or unpriced.
create or replace macro allocation(
    as_of := null, account := null, account_group := null, chain := null, per := 'asset_group'
) as table
with
    asked as (
        select last_instant(as_of) as instant,
            case
                when per::varchar in ('asset_group', 'asset', 'chain', 'account', 'layer', 'protocol') then per::varchar
                else error('there is no allocation per ' || per::varchar
                    || '; there is per asset_group, asset, chain, account, layer, protocol')
            end as asked_per
    ),
    cells as (
        select cell.*, asked.asked_per,
            case asked.asked_per when 'account' then cell.account_id when 'chain' then cell.chain_id
                when 'layer' then cell.layer end as own_id
        from cells_at(as_of, account, account_group, chain) as cell
        cross join asked
        where cell.is_counted
    ),
    described as (
        select said.asset_id, arg_max(said.symbol, said.recorded_at) as symbol from asset as said group by said.asset_id
    ),
    placed as (
        select position.provider, position.account_id, position.chain_id, position.position_id,
            any_value(position.protocol_id) as protocol_id, any_value(position.protocol_name) as protocol_name
        from position
        where position.as_of = (select asked.instant from asked)
        group by position.provider, position.account_id, position.chain_id, position.position_id
    ),
    leg as (
        select
            case cells.asked_per
                when 'asset_group' then coalesce(asset_group.group_id, holding.asset_id)
                when 'asset' then holding.asset_id
                when 'protocol' then case when cells.layer = 'wallet' then 'wallet' else placed.protocol_id end
                else cells.own_id
            end as id,
            case cells.asked_per
                when 'asset_group' then described.symbol when 'asset' then described.symbol
                when 'protocol' then placed.protocol_name when 'account' then cells.label
            end as name,
            cells.layer, holding.value_usd, holding.asset_id, holding.withheld
        from cells
        join holding
            on holding.as_of = (select asked.instant from asked) and holding.provider = cells.provider
            and holding.account_id = cells.account_id and holding.chain_id = cells.chain_id and holding.layer = cells.layer
        left join placed
            on placed.provider = cells.provider and placed.account_id = cells.account_id
            and placed.chain_id = cells.chain_id and placed.position_id = holding.position_id
        left join asset_group on asset_group.asset_id = holding.asset_id
        left join described on described.asset_id = holding.asset_id
        where holding.is_counted
        union all by name
        select cells.own_id as id, case cells.asked_per when 'account' then cells.label end as name
        from cells
        where cells.own_id is not null or not cells.is_recorded
    ),
    lacking as (
        select cells.own_id, count(*) filter (where not cells.is_recorded) as missing_cells,
            sum(cells.last_known_usd) filter (where not cells.is_recorded) as last_known_usd,
            bool_and(cells.is_valued or not cells.is_recorded) as is_valued, bool_or(cells.reason is not distinct from 'missed_tick') as is_missed
        from cells
        group by cells.own_id
    ),
    summed as (
        select leg.id,
            coalesce(
                arg_max(leg.name, (abs(leg.value_usd), leg.asset_id)) filter (where leg.value_usd is not null),
                min(leg.name), leg.id
            ) as name,
            count(leg.asset_id) as holdings, count(leg.asset_id) - count(leg.value_usd) as unpriced_count, min(leg.withheld) as withheld,
            sum(leg.value_usd) as value_usd,
            sum(case when leg.layer = 'debt' then 0 else leg.value_usd end) as held_usd,
            sum(case when leg.layer = 'debt' then -leg.value_usd else 0 end) as debt_usd
        from leg
        group by leg.id
    ),
    told as (
        select summed.id, summed.name, summed.unpriced_count, summed.withheld, lacking.missing_cells, lacking.is_missed,
            summed.holdings = 0 and lacking.missing_cells = 0 as is_empty,
            case when summed.id is not distinct from lacking.own_id then lacking.last_known_usd end as last_known_usd,
            case when summed.value_usd is not null then summed.value_usd when is_empty then 0::decimal(38, 6) end as known_usd,
            case when summed.value_usd is not null then summed.held_usd when is_empty then 0::decimal(38, 6) end as held_usd,
            case when summed.value_usd is not null then summed.debt_usd when is_empty then 0::decimal(38, 6) end as debt_usd
        from summed
        join lacking on lacking.own_id is null or lacking.own_id = summed.id
    ),
    weighed as (
        select told.*, sum(told.known_usd) filter (where told.known_usd > 0) over () as gross_usd,
            (select sum(lacking.missing_cells) = 0 and bool_and(lacking.is_valued) from lacking) as is_complete
        from told
    )
select
    asked.instant as as_of, asked.asked_per as per, weighed.id, weighed.name,
    case when weighed.missing_cells = 0 and weighed.withheld is null then weighed.known_usd end::decimal(38, 6) as value_usd,
    case when weighed.known_usd >= 0 then (weighed.known_usd / weighed.gross_usd)::double end as share,
    weighed.known_usd::decimal(38, 6) as known_value_usd, weighed.held_usd::decimal(38, 6) as held_usd,
    weighed.debt_usd::decimal(38, 6) as debt_usd,
    case when weighed.known_usd + weighed.debt_usd > 0 then (weighed.debt_usd / (weighed.known_usd + weighed.debt_usd))::double end as leverage,
    weighed.unpriced_count, weighed.missing_cells, weighed.last_known_usd::decimal(38, 6) as missing_last_known_usd,
    weighed.is_complete,
    case
        when weighed.missing_cells > 0 and weighed.is_missed then 'missed_tick'
        when weighed.missing_cells > 0 then 'missing_cell'
        when weighed.withheld is not null then weighed.withheld
        when weighed.known_usd is null then 'unpriced'
    end as reason
from weighed
cross join asked
order by weighed.known_usd desc nulls last, weighed.id
