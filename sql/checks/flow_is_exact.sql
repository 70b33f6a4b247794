-- claim: Known flows are digits above 0, at most 78 before and after the point, with the double nearest to them.
select moved_at as as_of, account_id, asset_id, kind, left(amount_exact, 160) as amount_exact, amount
from flow
where moved_at between $since and $until
    and (
        not regexp_full_match(amount_exact, '(0|[1-9][0-9]{0,77})([.][0-9]{0,77}[1-9])?')
        or amount_exact = '0'
        or amount is distinct from try_cast(left(amount_exact, 160) as double)
    )
