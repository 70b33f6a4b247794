-- claim: Instants with a suspect answer that lie directly before or after this one among the answers for the same cell.
select distinct doubted.as_of
from cell as doubted
join cell as here using (provider, account_id, chain_id, layer)
where doubted.doubt = 'vanished' and here.as_of = $as_of and doubted.as_of <> $as_of
    and here.outcome in ('answered', 'empty')
    and not exists (
        from cell as nearer
        where nearer.provider = doubted.provider and nearer.account_id = doubted.account_id
            and nearer.chain_id = doubted.chain_id and nearer.layer = doubted.layer
            and nearer.outcome in ('answered', 'empty')
            and nearer.as_of > least(doubted.as_of, here.as_of) and nearer.as_of < greatest(doubted.as_of, here.as_of)
    )
order by doubted.as_of
