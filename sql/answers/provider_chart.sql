-- question: What was it worth at each instant by what each provider says on its own, of record or not?
-- One row an instant and provider, over the cells that were planned for it. Providers differ in chains and layers that they cover, so compare
-- `cells` before values; `reconciliation` compares cell by cell.
-- parameter since: First instant, date or instant in UTC; default the first of the history.
-- parameter until: Last day or instant, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter provider: Only this provider; default each.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column provider varchar: The outside API family that says so.
-- column value_usd decimal(38,6): Booked value in US dollars, NULL where one of its cells has no trusted answer.
-- column known_value_usd decimal(38,6): Booked value of the cells that have one, US dollars.
-- column cells bigint: How many cells were planned for it, unclaimed rewards left out.
-- column missing_cells bigint: How many of them have no trusted answer.
-- column record_cells bigint: For how many of them it is of record.
-- column reason varchar: Why the value is NULL, one code: missing_cell.
create or replace macro provider_chart(
    since := null, until := null, account := null, account_group := null, chain := null, provider := null
) as table
with mine as (from accounts_meant(account, account_group))
select
    answer.as_of, answer.provider,
    case when bool_and(answer.is_trusted) then sum(answer.value_usd) end::decimal(38, 6) as value_usd,
    (sum(answer.value_usd) filter (answer.is_trusted))::decimal(38, 6) as known_value_usd,
    count(*) as cells, count(*) filter (not answer.is_trusted) as missing_cells,
    count(*) filter (cell_status.provider = answer.provider) as record_cells,
    case when not bool_and(answer.is_trusted) then 'missing_cell' end as reason
from cell_answer as answer
join mine on mine.account_id = answer.account_id
left join cell_status
    on cell_status.as_of = answer.as_of and cell_status.account_id = answer.account_id
    and cell_status.chain_id = answer.chain_id and cell_status.layer = answer.layer
where answer.layer <> 'reward' and answer.as_of between since_meant(since) and until_meant(until)
    and (chain is null or answer.chain_id = chain::varchar)
    and (provider is null or answer.provider = provider::varchar)
group by answer.as_of, answer.provider
order by answer.as_of, answer.provider
