-- table: One row an account, instant and token that is the receipt of an asset that lies in a position of that account then.
-- A receipt of the settings stands for its asset in any position. One of the list that ships stands for it in a position that names the
-- token or its market, or, of the same protocol, a contract that is neither a receipt nor a market of the list.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column asset_id: The receipt as its CAIP-19 type.
select leg.as_of, leg.account_id, rule.asset_id
from rule
join balance as leg on leg.asset_id = rule.receipt_of
where leg.layer = 'position'
union
select token.as_of, token.account_id, token.asset_id
from listedreceipt as receipt
join balance as token on token.asset_id = receipt.asset_id and token.layer = 'wallet'
join balance as leg
    on leg.as_of = token.as_of and leg.account_id = token.account_id and leg.asset_id = receipt.receipt_of
    and leg.layer = case when receipt.is_debt then 'debt' else 'position' end
join position
    on position.as_of = leg.as_of and position.provider = leg.provider and position.account_id = leg.account_id
    and position.chain_id = leg.chain_id and position.position_id = leg.position_id
where position.contract_id in (receipt.asset_id, receipt.market_id)
    or (
        contains(lower(position.protocol_id), receipt.protocol)
        and position.contract_id not in (select other.asset_id from listedreceipt as other)
        and position.contract_id not in (select other.market_id from listedreceipt as other)
    )
