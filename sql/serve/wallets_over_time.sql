-- lookup: What did wallets hold on a chain at some instants, by the record of each; what counts only?
-- A wallet in scope without a record is one row without an asset, with the reason; a recorded one that holds nothing is one without either.
-- parameter ticks: The instants, UTC, a list.
-- parameter accounts: The account ids, a list.
-- parameter chain: The chain as its CAIP-2 id.
-- column as_of: The instant, UTC.
-- column account_id: The wallet.
-- column label: The account's name in the settings.
-- column reason: Why the wallet has no record, or its value is not known because of a price, one code.
-- column asset_id: The asset as its CAIP-19 type.
-- column amount: Amount in whole units.
-- column price_usd: Price in US dollars a whole unit.
-- column price_status: Whether the price is priced, unknown, zero, quarantined, stale as the last believed one stands in, or unconfirmed.
-- column value_usd: Booked value in US dollars, none where the price is not known.
select cell_scope.as_of, cell_scope.account_id, cell_scope.label, coalesce(cell_scope.reason, cell_scope.withheld) as reason, holding.asset_id, holding.amount,
    holding.price_usd, holding.price_status, holding.value_usd
from cell_scope
left join holding
    on holding.as_of = cell_scope.as_of and holding.provider = cell_scope.provider
    and holding.account_id = cell_scope.account_id and holding.chain_id = cell_scope.chain_id
    and holding.layer = 'wallet' and holding.is_counted
where cell_scope.layer = 'wallet' and cell_scope.chain_id = $chain and list_contains($accounts, cell_scope.account_id)
    and list_contains($ticks, cell_scope.as_of)
order by cell_scope.as_of, cell_scope.account_id, holding.asset_id
