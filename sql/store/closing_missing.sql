-- claim: The first instants of a period at which cells have no record, each with one of them and how many there are.
select cell_scope.as_of, count(*) as cells,
    min(cell_scope.label || ' / ' || cell_scope.chain_id || ' / ' || cell_scope.layer || ': ' || cell_scope.reason) as example
from cell_scope
where cell_scope.is_counted and not cell_scope.is_recorded and cell_scope.as_of >= $since and cell_scope.as_of < $until
group by cell_scope.as_of
order by cell_scope.as_of
limit 3
