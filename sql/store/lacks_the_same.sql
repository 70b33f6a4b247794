-- claim: Pulls in doubt, or asked a second time by the same run, whose new answer still holds all that the doubted one held: it lacks nothing further. Prices and amounts
-- move from one answer to the next, so what is said twice is which assets are held, and not what they are worth.
with
    doubted as (
        select distinct cell.provider, cell.pull_key
        from cell
        join incoming_pull as again using (as_of, provider, pull_key)
        where cell.as_of = $as_of and (cell.doubt = 'vanished' or $is_second) and again.outcome in ('answered', 'empty')
    ),
    further as (
        select held.provider, held.pull_key
        from (
            select provider, pull_key, account_id, chain_id, layer, position_id, asset_id from balance where as_of = $as_of
            except
            select provider, pull_key, account_id, chain_id, layer, position_id, asset_id from incoming_balance
        ) as held
    )
from doubted
anti join further using (provider, pull_key)
