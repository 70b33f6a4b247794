-- claim: Gives the numbers of every closing as its file holds them.
select
    closingline.closing_id,
    closingline.per,
    closingline.part_id,
    closingline.name,
    closingline.measure,
    closingline.value_exact
from closingline
order by all
