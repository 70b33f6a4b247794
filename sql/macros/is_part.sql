-- macro: Whether a row has a place in metrics per asset (what lies in wallets), per position (what lies in one) or else.
-- parameter per: Which of them.
-- parameter layer: The row's part of the account.
-- parameter position_id: The provider's id of the row's position, empty for plain tokens.
create or replace macro is_part(per, layer, position_id) as (
    case per when 'asset' then layer = 'wallet' when 'position' then position_id <> '' else true end
)
