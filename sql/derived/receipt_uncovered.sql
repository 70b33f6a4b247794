-- table: One row a receipt in a wallet of record that has no value of its own and whose position nobody read at the instant.
-- What lies behind it is unknown, so that a total without it would be too low.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column asset_id: The receipt as its CAIP-19 type.
select distinct ruling.as_of, ruling.account_id, ruling.chain_id, ruling.asset_id
from ruling
join receipt_token on receipt_token.asset_id = ruling.asset_id
join cell_status
    on cell_status.as_of = ruling.as_of and cell_status.provider = ruling.provider
    and cell_status.account_id = ruling.account_id and cell_status.chain_id = ruling.chain_id
    and cell_status.layer = ruling.layer and cell_status.is_in_scope
where ruling.layer = 'wallet' and ruling.exclusion is null and ruling.value_usd is null
