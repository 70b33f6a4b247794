-- lookup: Which block of a chain is each instant's, as far as any answer names one?
-- Of the answers about this chain alone whose block lies at or before the instant the last counts, whoever gave it.
-- parameter chain: The chain as its CAIP-2 id.
-- column as_of: The instant, UTC; every tick of the history has a row.
-- column block_number: The block, none where no answer names one.
-- column block_at: The block's time, UTC.
with
    told as (
        select pull.as_of, pull.provider, pull.pull_key, any_value(pull.block_number) as block_number,
            any_value(pull.effective_at) as effective_at
        from pull
        join cell on cell.as_of = pull.as_of and cell.provider = pull.provider and cell.pull_key = pull.pull_key
        where pull.block_number is not null and pull.effective_at <= pull.as_of
        group by pull.as_of, pull.provider, pull.pull_key
        having min(cell.chain_id) = $chain and max(cell.chain_id) = $chain
    )
select tick.as_of, max(told.block_number) as block_number, max(told.effective_at) as block_at
from tick
left join told on told.as_of = tick.as_of
group by tick.as_of
order by tick.as_of
