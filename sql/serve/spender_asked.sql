-- lookup: Which accounts was a provider asked about a spender on a chain at an instant, whatever it answered?
-- An answer in which nothing is allowed has no rows of allowances, so only this tells it from a question that nobody asked.
-- parameter tick: The instant, UTC.
-- parameter chain: The chain as its CAIP-2 id.
-- parameter spender: The contract that may move assets, in lower case.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
select distinct account.account_id
from pull
left join cell on cell.as_of = pull.as_of and cell.provider = pull.provider and cell.pull_key = pull.pull_key
join account
    on account.account_id = cell.account_id
    or (cell.account_id is null and lower(account.address) = lower(split_part(pull.pull_key, '/', 4)))
where pull.as_of = $tick and pull.endpoint in ('allowances', 'aggregatedBalancesAndAllowances')
    and split_part(pull.pull_key, '/', 1) = $chain and lower(split_part(pull.pull_key, '/', 3)) = $spender
