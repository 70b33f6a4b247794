-- question: Which assets does the history know, what are they called, where do they belong, and which rules hold for them?
-- parameter asset: Only this asset, by its CAIP-19 type or symbol; default all.
-- column asset_id varchar: The asset as its CAIP-19 type.
-- column symbol varchar: Its symbol as a provider said last, untrusted text.
-- column name varchar: Its name as a provider said last, untrusted text.
-- column decimals smallint: How many decimals the base unit has.
-- column group_id varchar: The group of assets that it belongs to, itself where there is none.
-- column group_said_by varchar: Who says so: settings, a provider, or none.
-- column treatment varchar: Whether the settings ignore or keep it, none for neither.
-- column receipt_of varchar: The asset that it stands for by the settings, none where it stands for none.
-- column price_usd double: The settings' own price at the last instant of the history, US dollars a whole unit.
-- column first_as_of timestamp: The first instant at which somebody held it, UTC.
-- column last_as_of timestamp: The last instant at which somebody held it, UTC.
create or replace macro assets(asset := null) as table
with
    held as (
        select balance.asset_id, min(balance.as_of) as first_as_of, max(balance.as_of) as last_as_of
        from balance
        group by balance.asset_id
    ),
    described as (
        select said.asset_id, unnest(arg_max(
            struct_pack(symbol := said.symbol, name := said.name, decimals := said.decimals), said.recorded_at
        ))
        from asset as said
        group by said.asset_id
    ),
    known as (
        select held.asset_id from held
        union
        select described.asset_id from described
        union
        select rule.asset_id from rule
    ),
    ruled as (
        select rule.asset_id, any_value(rule.treatment) as treatment, any_value(rule.receipt_of) as receipt_of,
            any_value(rule.price_usd) filter (
                coalesce(rule.since, timestamp '-infinity') <= (select max(snapshot.as_of) from snapshot)
                and coalesce(rule.until, timestamp 'infinity') > (select max(snapshot.as_of) from snapshot)
            ) as price_usd
        from rule
        group by rule.asset_id
    )
select
    known.asset_id, described.symbol, described.name, described.decimals,
    coalesce(asset_group.group_id, known.asset_id) as group_id, asset_group.said_by as group_said_by,
    ruled.treatment, ruled.receipt_of, ruled.price_usd, held.first_as_of, held.last_as_of
from known
left join described using (asset_id)
left join asset_group using (asset_id)
left join ruled using (asset_id)
left join held using (asset_id)
where asset is null or lower(asset::varchar) in (lower(known.asset_id), lower(described.symbol))
order by held.last_as_of desc nulls last, known.asset_id
