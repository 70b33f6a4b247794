-- question: What was the value made of at each instant: chains, accounts, layers, groups of assets, assets or protocols?
-- The parts of an instant add up to what is known then. Where a cell in scope has no record, each chain, account or layer that it
-- belongs to has no value, only what is known; by anything else it may touch every part. The largest parts are named,
-- each by its largest value at any instant of the answer, the rest stands in one row. Unclaimed rewards are no part of it.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter every: Spacing as in value_chart: hour, day, week, month, quarter or year; default every instant.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter per: asset_group, asset, chain, account, layer or protocol; default asset_group.
-- parameter most: How many parts are named; default 10.
-- parameter split: account for rows of each account on its own, by the same instants and parts; default the whole.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column per varchar: What a row is about: asset_group, asset, chain, account, layer or protocol.
-- column account_id varchar: Whose part it is, none where the answer is about the whole.
-- column id varchar: Which part, a wallet's tokens are the protocol `wallet`; none for the rest, and where no part is known.
-- column name varchar: Its name for people, untrusted text of assets and protocols, none where no part is known.
-- column place bigint: 1 for the largest part, one more than there are named parts for the rest, none where no part is known.
-- column is_rest boolean: Whether it is all that is not named.
-- column value_usd decimal(38,6): Booked value net of debts, US dollars, NULL where a missing cell may touch it or nothing has a price.
-- column known_value_usd decimal(38,6): Booked value of the cells that have a record, US dollars.
-- column unpriced_count bigint: How many of its holdings have no known value.
-- column is_complete boolean: Whether the value of every cell in scope is known, of the account where each has its own rows.
-- column reason varchar: Why the value is NULL, one code: missed_tick, missing_cell, price_unconfirmed, receipt_uncovered or unpriced.
create or replace macro value_parts(
    since := null, until := null, every := null, account := null, account_group := null, chain := null,
    per := 'asset_group', most := 10, split := null
) as table
with
    asked as (
        select most::bigint as most,
            case
                when per::varchar in ('asset_group', 'asset', 'chain', 'account', 'layer', 'protocol') then per::varchar
                else error('there are no parts per ' || per::varchar
                    || '; there are per asset_group, asset, chain, account, layer, protocol')
            end as asked_per,
            case
                when split is null or split::varchar = 'account' then split is not null
                else error('there is no split by ' || split::varchar || '; there is one by account')
            end as is_split
    ),
    point as (
        select shown.as_of from points_meant(since, until, every, account, account_group, chain, null) as shown
    ),
    cells as (
        select cell.as_of, cell.account_id, cell.chain_id, cell.layer, cell.label, cell.is_recorded, cell.is_valued, cell.reason,
            cell.withheld, cell.value_usd, cell.unpriced_count,
            cell.held_count > 0 as is_held, cell.valued_count > 0 as is_priced, asked.asked_per,
            case when asked.is_split then cell.account_id end as owner_id,
            case asked.asked_per when 'account' then cell.account_id when 'chain' then cell.chain_id
                when 'layer' then cell.layer end as own_id
        from cells_between(since, until, account, account_group, chain) as cell
        join point on point.as_of = cell.as_of
        cross join asked
    ),
    placed as (
        select position.as_of, position.provider, position.account_id, position.chain_id, position.position_id,
            any_value(position.protocol_id) as protocol_id, any_value(position.protocol_name) as protocol_name
        from position
        join point on point.as_of = position.as_of
        where (select asked.asked_per from asked) = 'protocol'
        group by position.as_of, position.provider, position.account_id, position.chain_id, position.position_id
    ),
    leg as (
        select cells.as_of, cells.owner_id, cells.own_id as id,
            case cells.asked_per when 'account' then cells.label end as name, cells.value_usd,
            cells.unpriced_count::bigint as unpriced_count, cells.withheld, cells.is_held, cells.is_priced
        from cells
        where cells.own_id is not null
        union all
        select cells.as_of, cells.owner_id,
            case cells.asked_per
                when 'asset_group' then coalesce(asset_group.group_id, held.asset_id) when 'asset' then held.asset_id
                when 'protocol' then case when cells.layer = 'wallet' then 'wallet' else placed.protocol_id end
            end,
            case cells.asked_per when 'protocol' then placed.protocol_name else described.symbol end,
            held.value_usd, (held.value_usd is null)::bigint, held.withheld, true, held.value_usd is not null
        from cells
        join record_holding as held
            on held.as_of = cells.as_of and held.account_id = cells.account_id and held.chain_id = cells.chain_id
            and held.layer = cells.layer
        left join placed
            on placed.as_of = held.as_of and placed.provider = held.provider and placed.account_id = held.account_id
            and placed.chain_id = held.chain_id and placed.position_id = held.position_id
        left join asset_group on asset_group.asset_id = held.asset_id
        left join described on described.asset_id = held.asset_id
        where cells.own_id is null
    ),
    worth as (
        select leg.as_of, leg.id, abs(sum(leg.value_usd)) as size_usd from leg group by leg.as_of, leg.id
    ),
    named as (
        select leg.id,
            coalesce(arg_max(leg.name, (abs(leg.value_usd), leg.name)) filter (where leg.value_usd is not null), min(leg.name), leg.id)
                as name
        from leg
        group by leg.id
    ),
    ranked as (
        select worth.id, any_value(named.name) as name,
            row_number() over (order by max(worth.size_usd) desc nulls last, worth.id) as number
        from worth
        join named on named.id is not distinct from worth.id
        group by worth.id
    ),
    chosen as (
        select ranked.id as leg_id, ranked.number > asked.most as is_rest,
            case when ranked.number <= asked.most then ranked.id end as id,
            case when ranked.number <= asked.most then ranked.name else 'other' end as name,
            least(ranked.number, asked.most + 1) as place
        from ranked
        cross join asked
    ),
    summed as (
        select leg.as_of, leg.owner_id, chosen.place, any_value(chosen.id) as id, any_value(chosen.name) as name,
            any_value(chosen.is_rest) as is_rest,
            case when coalesce(bool_or(leg.is_priced) or not bool_or(leg.is_held), true)
                then sum(leg.value_usd)::decimal(38, 6) end as known_value_usd,
            sum(leg.unpriced_count)::bigint as unpriced_count, min(leg.withheld) as withheld
        from leg
        join chosen on chosen.leg_id is not distinct from leg.id
        group by leg.as_of, leg.owner_id, chosen.place
    ),
    lacking as (
        select cells.as_of, cells.owner_id, chosen.place, bool_and(cells.is_recorded) as is_recorded,
            bool_and(cells.is_valued) as is_valued, bool_or(cells.reason is not distinct from 'missed_tick') as is_missed
        from cells
        left join chosen on cells.own_id is not null and chosen.leg_id = cells.own_id
        group by cells.as_of, cells.owner_id, chosen.place
    ),
    whole as (
        select lacking.as_of, lacking.owner_id, bool_and(lacking.is_valued) as is_complete
        from lacking
        group by lacking.as_of, lacking.owner_id
    )
select
    whole.as_of, asked.asked_per as per, whole.owner_id as account_id, summed.id, summed.name, summed.place,
    coalesce(summed.is_rest, false) as is_rest,
    case when lacking.is_recorded and summed.withheld is null then summed.known_value_usd end as value_usd, summed.known_value_usd,
    summed.unpriced_count, whole.is_complete,
    case
        when not lacking.is_recorded and lacking.is_missed then 'missed_tick'
        when not lacking.is_recorded then 'missing_cell'
        when summed.withheld is not null then summed.withheld
        when summed.known_value_usd is null and summed.unpriced_count > 0 then 'unpriced'
    end as reason
from whole
cross join asked
left join summed on summed.as_of = whole.as_of and summed.owner_id is not distinct from whole.owner_id
left join lacking
    on lacking.as_of = whole.as_of and lacking.owner_id is not distinct from whole.owner_id
    and (lacking.place is null or lacking.place = summed.place)
order by whole.as_of, whole.owner_id, summed.place
