-- lookup: What the settings leave out of the value: a row an account, chain and reason, with its layers and from when to when.
select named.label, cell_status.chain_id, list_sort(list(distinct cell_status.layer)) as layers,
    cell_status.accepted_reason as reason, min(cell_status.as_of) as first_as_of, max(cell_status.as_of) as last_as_of
from cell_status
join account as named on named.account_id = cell_status.account_id
where cell_status.accepted_reason is not null
group by named.label, cell_status.chain_id, cell_status.accepted_reason
order by named.label, cell_status.chain_id, first_as_of
