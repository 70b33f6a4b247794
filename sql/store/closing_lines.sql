-- claim: The numbers of a closing as they are now, digit by digit.
select closing_now.per, closing_now.part_id, closing_now.name, closing_now.measure, closing_now.value_usd::varchar as value_exact
from closing_now
where closing_now.closing_id = ?
order by closing_now.per = 'account', closing_now.name, closing_now.part_id, closing_now.measure
