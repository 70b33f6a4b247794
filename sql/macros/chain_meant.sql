-- macro: The chain that a question means; one that no snapshot ever planned is an error that names those that there are.
-- parameter chain: The chain as its CAIP-2 id; NULL for all.
create or replace macro chain_meant(chain) as (
    select case
        when chain is null or count(*) = 0 or bool_or(cell.chain_id = chain::varchar) then chain::varchar
        else error('no snapshot has a chain ' || left(chain::varchar, 60) || '; there are: ' || string_agg(distinct cell.chain_id, ', '))
    end
    from cell
)
