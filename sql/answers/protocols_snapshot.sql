-- question: Which protocol positions were there at an instant, what lies in each, what is owed and unclaimed? (as 1inch protocols/snapshot)
-- One row a leg with its position, by the provider of record; a position in which nothing lies is a row without a leg. What
-- has no record is one row a layer without a position, with the reason. Legs of the layers position and debt add up to
-- their cells; rewards stand beside. What a position's own value says beyond its legs is a leg `unexplained`.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column protocol_id varchar: The provider's id of the protocol group.
-- column protocol_name varchar: The protocol group's name for people, untrusted text.
-- column kind varchar: What the provider calls it: lending, dex, staking and others.
-- column position_id varchar: The provider's id of the position, none where the layer is missing.
-- column name varchar: The contract's own name, untrusted text.
-- column contract_id varchar: The token that stands for it, as its CAIP-19 type.
-- column token_id varchar: Which NFT it is, decimal digits, 0 for none.
-- column layer varchar: What the leg is: position, debt or reward; none where nothing lies in the position.
-- column asset_id varchar: The leg's asset as its CAIP-19 type.
-- column symbol varchar: The asset's symbol as a provider said last, untrusted text.
-- column amount double: Amount in whole units, above zero for a debt too, approximate beyond 15 digits.
-- column price_usd double: Price in US dollars a whole unit, none where it is not known.
-- column price_status varchar: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column price_origin varchar: Who made the price: stated, implied, residual, settings, carried from before, or a provider's name.
-- column value_usd decimal(18,6): The leg's booked value in US dollars, below zero for a debt, none where the price is not known.
-- column is_counted boolean: Whether the leg counts.
-- column exclusion varchar: Why it does not, one code: receipt (its position counts), ignored, spam or absurd.
-- column withheld varchar: Why its price withholds the value of the whole, one code: price_unconfirmed, unpriced or receipt_uncovered; none where it does not.
-- column position_value_usd decimal(38,6): What the position is worth net of debt, US dollars, none where a leg has no known value.
-- column rewards_usd decimal(38,6): Unclaimed rewards of the position, no part of that, US dollars, none where there are none or one has no known value.
-- column stated_value_usd double: What the provider says that the position is worth whole, US dollars, bit for bit.
-- column missing_reason varchar: Why the layer has no record, one code, none where it has.
-- column provider varchar: The provider of record.
-- column observed_at timestamp: When the answer arrived, UTC.
-- column effective_at timestamp: The instant the answer is true for, UTC.
create or replace macro protocols_snapshot(as_of := null, account := null, account_group := null, chain := null) as table
with
    asked as (select last_instant(as_of) as instant),
    cells as (
        select * from cells_at(as_of, account, account_group, chain) as cell where cell.layer in ('position', 'debt', 'reward')
    ),
    place as (
        select cells.account_id, cells.chain_id,
            bool_and(cells.is_recorded) filter (where cells.layer <> 'reward') as is_value_known,
            bool_and(cells.is_recorded) filter (where cells.layer = 'reward') as is_reward_known
        from cells
        group by cells.account_id, cells.chain_id
    ),
    leg as (
        select cells.account_id, cells.chain_id, cells.layer, cells.provider, holding.pull_key, holding.position_id,
            holding.asset_id, holding.amount, holding.price_usd, holding.price_status, holding.price_origin,
            holding.value_usd, holding.is_counted, holding.exclusion, holding.withheld
        from cells
        join holding
            on holding.as_of = (select asked.instant from asked) and holding.provider = cells.provider
            and holding.account_id = cells.account_id and holding.chain_id = cells.chain_id and holding.layer = cells.layer
    ),
    stated as (
        select position.*
        from position
        join cells
            on position.provider = cells.provider and position.account_id = cells.account_id
            and position.chain_id = cells.chain_id and cells.layer = 'position'
        where position.as_of = (select asked.instant from asked)
    ),
    whole as (
        select leg.account_id, leg.chain_id, leg.position_id,
            case when count(*) filter (where leg.layer <> 'reward' and leg.is_counted and leg.value_usd is null) = 0
                and any_value(place.is_value_known)
                then sum(leg.value_usd) filter (where leg.layer <> 'reward' and leg.is_counted) end as position_value_usd,
            case when count(*) filter (where leg.layer = 'reward' and leg.is_counted and leg.value_usd is null) = 0
                and any_value(place.is_reward_known)
                then sum(leg.value_usd) filter (where leg.layer = 'reward' and leg.is_counted) end as rewards_usd
        from leg
        join place using (account_id, chain_id)
        group by leg.account_id, leg.chain_id, leg.position_id
    ),
    told as (
        select leg.* exclude (pull_key, provider), leg.layer as cell_layer, position.protocol_id, position.protocol_name,
            position.kind, position.name, position.contract_id, position.token_id, position.stated_value_usd
        from leg
        left join position
            on position.as_of = (select asked.instant from asked) and position.provider = leg.provider
            and position.pull_key = leg.pull_key and position.account_id = leg.account_id
            and position.chain_id = leg.chain_id and position.position_id = leg.position_id
        union all by name
        select stated.account_id, stated.chain_id, stated.position_id, 'position' as cell_layer, stated.protocol_id,
            stated.protocol_name, stated.kind, stated.name, stated.contract_id, stated.token_id, stated.stated_value_usd
        from stated
        anti join leg
            on leg.account_id = stated.account_id and leg.chain_id = stated.chain_id and leg.position_id = stated.position_id
    )
select
    cells.as_of as as_of, cells.account_id, cells.label, cells.chain_id, told.protocol_id, told.protocol_name, told.kind,
    told.position_id, told.name, told.contract_id, told.token_id,
    case when cells.is_recorded then told.layer else cells.layer end as layer,
    told.asset_id, described.symbol, told.amount, told.price_usd, told.price_status, told.price_origin, told.value_usd,
    told.is_counted, told.exclusion, told.withheld, whole.position_value_usd::decimal(38, 6) as position_value_usd,
    whole.rewards_usd::decimal(38, 6) as rewards_usd, told.stated_value_usd,
    cells.reason as missing_reason, cells.provider, cells.observed_at, cells.effective_at
from cells
left join told
    on told.account_id = cells.account_id and told.chain_id = cells.chain_id and told.cell_layer = cells.layer
left join whole
    on whole.account_id = told.account_id and whole.chain_id = told.chain_id and whole.position_id = told.position_id
left join described on described.asset_id = told.asset_id
where told.position_id is not null or not cells.is_recorded
order by cells.label, cells.chain_id, told.protocol_id, told.position_id, layer, told.asset_id
