-- claim: A cell's booked value and counts are those of its rows, to the last digit.
with
    sums as (
        select as_of, provider, pull_key, account_id, chain_id, layer, count(*) as row_count,
            -- zero: rows that are not there add up to nothing, which the claim compares
            coalesce(sum(value_usd) filter (is_counted), 0) as value_usd,
            count(*) filter (price_status = 'unknown') as unpriced_count,
            count(*) filter (price_status = 'quarantined') as quarantined_count
        from balance
        where as_of between $since and $until
        group by as_of, provider, pull_key, account_id, chain_id, layer
    )
select cell.as_of, cell.provider, cell.account_id, cell.chain_id, cell.layer, cell.value_usd, sums.value_usd as rows_usd
from cell
left join sums using (as_of, provider, pull_key, account_id, chain_id, layer)
where cell.as_of between $since and $until
    and cell.outcome in ('answered', 'empty')
    and (cell.value_usd, cell.row_count, cell.unpriced_count, cell.quarantined_count) is distinct from (
        -- zero: a cell without rows adds up to nothing, which the claim compares
        coalesce(sums.value_usd, 0), coalesce(sums.row_count, 0),
        coalesce(sums.unpriced_count, 0), coalesce(sums.quarantined_count, 0)
    )
