-- claim: Adds what providers say of assets where it differs from what the same provider said last.
insert into asset by name
select incoming_asset.*
from incoming_asset
anti join (
    select said.provider, unnest(arg_max(
        struct_pack(
            asset_id := said.asset_id, symbol := said.symbol, name := said.name,
            decimals := said.decimals, group_id := coalesce(said.group_id, '')
        ),
        said.recorded_at
    ))
    from asset as said
    group by said.provider, said.asset_id
) as last_said
on last_said.provider = incoming_asset.provider and last_said.asset_id = incoming_asset.asset_id
    and last_said.symbol = incoming_asset.symbol and last_said.name = incoming_asset.name
    and last_said.decimals = incoming_asset.decimals
    and last_said.group_id = coalesce(incoming_asset.group_id, '');
