-- macro: The chain that a question means; one that no snapshot ever planned is an error that names those that there are.
-- parameter chain: The chain as its CAIP-2 id; NULL for all, and stays it.
create or replace macro chain_meant(chain) as (
    select case
        when chain is null or len(extent.chains) = 0 or list_contains(extent.chains, chain::varchar) then chain::varchar
        else error('no snapshot has a chain ' || left(chain::varchar, 60) || '; there are: ' || array_to_string(extent.chains, ', '))
    end
    from extent
)
