-- claim: How many rows a table holds, and two sums over all of them that do not depend on their order.
-- `{table}` and `{columns}` are filled in by warehouse/compare.py; the sums are whole numbers, so they are exact.
select count(*) as row_count, sum(hash(line)::hugeint) as hash_sum, bit_xor(hash(line)) as hash_xor
from (select {columns} from {table}) as line
