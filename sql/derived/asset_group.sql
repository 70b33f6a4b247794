-- table: One row an asset that belongs to a group of assets: the same thing on several chains or in several wrappings.
-- What the settings say goes before what a provider says; an asset that is not here is a group of its own.
-- column asset_id: The asset as its CAIP-19 type.
-- column group_id: The group that it belongs to.
-- column said_by: Who says so: settings, or the provider.
with
    of_provider as (
        select asset.asset_id, arg_max(asset.group_id, asset.recorded_at) as group_id,
            arg_max(asset.provider, asset.recorded_at) as provider
        from asset
        where asset.group_id is not null
        group by asset.asset_id
    ),
    of_settings as (
        select rule.asset_id, rule.group_id from rule where rule.group_id is not null
    ),
    shared as (
        select rule.asset_id, coalesce(of_settings.group_id, of_provider.group_id, rule.same_as) as group_id
        from rule
        left join of_settings on of_settings.asset_id = rule.same_as
        left join of_provider on of_provider.asset_id = rule.same_as
        where rule.same_as is not null
    ),
    said as (
        select of_settings.asset_id, of_settings.group_id, 'settings' as said_by from of_settings
        union all
        select shared.asset_id, shared.group_id, 'settings' from shared
    )
select said.asset_id, said.group_id, said.said_by
from said
union all
select of_provider.asset_id, of_provider.group_id, of_provider.provider
from of_provider
where of_provider.asset_id not in (select said.asset_id from said)
