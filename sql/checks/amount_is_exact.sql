-- claim: Raw amounts, shares and rates are canonical digits of at most 2^256 - 1, decimals at most 255, amounts finite and not negative.
select as_of, provider, account_id, asset_id, amount_raw, shares_raw, rate_raw, decimals, amount
from balance
where as_of between $since and $until
    and (
        not isfinite(amount)
        or amount < 0
        or decimals not between 0 and 255
        or not list_bool_and([
            regexp_full_match(digits, '0|[1-9][0-9]{0,77}')
                and try_cast(digits as bignum) <= '115792089237316195423570985008687907853269984665640564039457584007913129639935'::bignum
            for digits in [amount_raw, shares_raw, rate_raw]
        ])
    )
