-- claim: The accounts of which the history holds an answer, by label.
select account.account_id, account.label
from account
where exists (from cell where cell.account_id = account.account_id and cell.outcome in ('answered', 'empty'))
order by account.label
