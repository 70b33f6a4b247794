-- claim: Whether an instant has a position, or a row that was once taken for the receipt of one.
select exists (from position where position.as_of = $as_of)
    or exists (from balance where balance.as_of = $as_of and not balance.is_counted)
