-- claim: Pulls in doubt that the same answer does not confirm: one that turned a debt into an asset never, one from which
-- everything on a chain is gone not within the run that was told so first, as whoever lost a chain says so twice.
select distinct cell.provider, cell.pull_key
from cell
where cell.as_of = $as_of
    and (
        cell.doubt = 'flipped'
        or (
            $is_second and cell.doubt = 'vanished'
            and not exists (
                from cell as beside
                where beside.as_of = cell.as_of and beside.provider = cell.provider and beside.pull_key = cell.pull_key
                    and beside.account_id = cell.account_id and beside.chain_id = cell.chain_id and beside.row_count > 0
            )
        )
    )
