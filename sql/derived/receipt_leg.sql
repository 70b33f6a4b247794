-- table: One row an account, instant and token that is the receipt of an asset that lies in a position of that account then.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column asset_id: The receipt as its CAIP-19 type.
select distinct leg.as_of, leg.account_id, rule.asset_id
from rule
join balance as leg on leg.asset_id = rule.receipt_of
where leg.layer = 'position'
