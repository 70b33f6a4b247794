-- claim: How each cell of each pull ended from one instant to another; one in doubt is as good as failed, so that the
-- next run asks again.
select cell.as_of, cell.provider, cell.pull_key,
    case when cell.doubt is not null then 'failed' else cell.outcome end as outcome,
    cell.account_id, cell.chain_id, cell.layer
from cell
where cell.as_of between ? and ?
