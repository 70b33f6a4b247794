-- view: One row an instant, account, chain and layer whose value is not known, and why.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column label: The name of the account in the settings.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column is_in_total: Whether it belongs to the value; unclaimed rewards stand beside it.
-- column reason: Why its value is not known, one code.
-- column last_known_usd: Its last value before this instant, US dollars, none where there is none.
select value.as_of, value.account_id, named.label, value.chain_id, value.layer, value.is_in_total, value.reason, value.last_known_usd
from reporting.fact_value as value
left join main.account as named on named.account_id = value.account_id
where not value.is_complete
