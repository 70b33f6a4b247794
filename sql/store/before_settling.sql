-- claim: Keeps how the cells of an instant stand before answers are added to it, with their rows.
create or replace temp table cell_before as from cell where cell.as_of = getvariable('counted_at');
create or replace temp table balance_before as from balance where balance.as_of = getvariable('counted_at');
