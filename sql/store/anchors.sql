-- claim: Blocks whose time some provider told, of pulls that speak of one chain.
select any_value(cell.chain_id), epoch(pull.effective_at)::bigint, pull.block_number
from pull
join cell using (as_of, provider, pull_key)
where pull.block_number is not null and pull.effective_at is not null
group by pull.as_of, pull.provider, pull.pull_key, pull.effective_at, pull.block_number
having count(distinct cell.chain_id) = 1
