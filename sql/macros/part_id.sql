-- macro: What a row belongs to in an answer per total, account, chain, layer, asset, position or asset group.
-- parameter per: Which of them.
-- parameter account_id: The row's wallet.
-- parameter chain_id: The row's chain.
-- parameter layer: The row's part of the account.
-- parameter position_id: The provider's id of the row's position.
-- parameter asset_id: The row's asset.
-- parameter group_id: The row's asset group, NULL where the asset is one of its own.
create or replace macro part_id(per, account_id, chain_id, layer, position_id, asset_id, group_id) as (
    case per
        when 'account' then account_id
        when 'chain' then chain_id
        when 'layer' then layer
        when 'asset' then asset_id
        when 'asset_group' then coalesce(group_id, asset_id)
        when 'position' then account_id || '/' || chain_id || '/' || position_id
        else 'all'
    end
)
