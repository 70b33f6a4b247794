-- table: One row a token that stands for what lies in a position: by the settings, by the list that ships, or as the contract of a position
-- that a provider listed.
-- A native coin never is one.
-- column asset_id: The token as its CAIP-19 type.
select rule.asset_id from rule where rule.receipt_of is not null
union
select listedreceipt.asset_id from listedreceipt
union
select position.contract_id from position where position.contract_id not like '%/slip44:%'
