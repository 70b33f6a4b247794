-- macro: The chain that a question means; one that no snapshot ever planned is an error that names those that there are.
-- parameter chain: The chain as its CAIP-2 id; NULL for all, and stays it.
create or replace macro chain_meant(chain) as (
    select asked.chain_id from meant(null, null, null, null, chain) as asked
)
