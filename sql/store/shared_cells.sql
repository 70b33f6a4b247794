-- claim: Whether several pulls of one provider answered for one cell of an instant, each for a part of its assets.
select exists (
    select 1
    from cell
    where cell.as_of = $as_of and cell.outcome = 'answered'
    group by cell.provider, cell.account_id, cell.chain_id, cell.layer
    having count(*) > 1
)
