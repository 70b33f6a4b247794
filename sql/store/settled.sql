-- claim: Whether a cell of the instant is in doubt now and was not before, or the other way round.
select exists (
    from cell
    join cell_before using (as_of, provider, pull_key, account_id, chain_id, layer)
    where cell.as_of = getvariable('counted_at') and cell.doubt is distinct from cell_before.doubt
)
