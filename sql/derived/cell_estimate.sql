-- table: One row a missing cell whose last record is at most 72 hours old: what it would be worth if it still held the same.
-- The quantities are those of that record. Each is priced as at the missing instant: by the provider of the record, else by another
-- one, else as the record priced it. For display only, no metric reads it. A cell that held nothing has an estimate of 0,
-- one that held nothing with a price has none.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position or debt.
-- column estimated_value_usd: What it is estimated to be worth, US dollars.
-- column uncertainty_usd: The same with debts as positive, US dollars: nobody knows whether it is all still held.
with
    lacking as (
        select cell_scope.as_of, cell_scope.account_id, cell_scope.chain_id, cell_scope.layer,
            cell_scope.last_known_as_of, cell_scope.last_known_usd
        from cell_scope
        where cell_scope.is_counted and not cell_scope.is_recorded
            and cell_scope.as_of - cell_scope.last_known_as_of <= interval 72 hours
    ),
    last_held as (
        select lacking.as_of, lacking.account_id, lacking.chain_id, lacking.layer,
            held.provider, held.asset_id, held.quantity, held.value_usd
        from lacking
        join record_holding as held
            on held.as_of = lacking.last_known_as_of and held.account_id = lacking.account_id
            and held.chain_id = lacking.chain_id and held.layer = lacking.layer
    ),
    wanted as (
        select distinct last_held.as_of, last_held.provider, last_held.asset_id
        from last_held
        where last_held.value_usd is not null and last_held.quantity is not null
    ),
    price_at as (
        select wanted.as_of, wanted.provider, wanted.asset_id,
            arg_min(priced.price_usd, (priced.provider <> wanted.provider, priced.provider, priced.price_usd)) as price_usd
        from wanted
        join holding as priced on priced.as_of = wanted.as_of and priced.asset_id = wanted.asset_id
        where priced.price_status = 'priced' and priced.price_usd is not null
        group by wanted.as_of, wanted.provider, wanted.asset_id
    ),
    valued as (
        select last_held.as_of, last_held.account_id, last_held.chain_id, last_held.layer,
            case
                when last_held.value_usd is null then null
                else coalesce(try_cast(last_held.quantity * price_at.price_usd as decimal(18, 6)), last_held.value_usd)
            end as value_usd
        from last_held
        left join price_at using (as_of, provider, asset_id)
    ),
    summed as (
        select valued.as_of, valued.account_id, valued.chain_id, valued.layer,
            sum(valued.value_usd) as value_usd, sum(abs(valued.value_usd)) as gross_usd
        from valued
        group by valued.as_of, valued.account_id, valued.chain_id, valued.layer
    )
select lacking.as_of, lacking.account_id, lacking.chain_id, lacking.layer,
    (case when summed.account_id is null then lacking.last_known_usd else summed.value_usd end)::decimal(38, 6) as estimated_value_usd,
    (case when summed.account_id is null then abs(lacking.last_known_usd) else summed.gross_usd end)::decimal(38, 6) as uncertainty_usd
from lacking
left join summed using (as_of, account_id, chain_id, layer)
