-- claim: What failed has a reason and no value; what was answered has a value and no reason.
select as_of, provider, account_id, chain_id, layer, outcome, reason, value_usd
from cell
where as_of between $since and $until
    and case
        when outcome in ('answered', 'empty') then value_usd is null or reason is not null
        when outcome in ('failed', 'not_available') then value_usd is not null or reason is null or row_count > 0
        else true
    end
