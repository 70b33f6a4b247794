-- view: One row a total that a provider states itself, with what the parts that it states for it add up to.
-- Five kinds: of a cell (its rows), of a whole answer and of an aggregated asset in it (the rows of that answer, those of chains that
-- nobody watches too), of a position (its legs), of a chain (the booked rows of the provider's own cells), and of an account (the
-- same answer's totals of the chains). Rows count as the provider states them, receipts too; of a chain as they are booked.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that states it.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case; of an answer about several the first of them.
-- column chain_id: The chain as its CAIP-2 id, none for several.
-- column layer: The part of the account, none for several.
-- column subject: What the total is of: cell, answer, chain, account, a position's or an aggregated asset's id.
-- column parts_usd: What its parts add up to, US dollars, none where none of them has a value.
-- column stated_usd: The total as stated, US dollars, bit for bit.
with
    stated_row as (
        select balance.as_of, balance.provider, balance.pull_key, balance.account_id, balance.chain_id, balance.layer, balance.asset_id,
            case when balance.layer = 'debt' then -1 else 1 end
                * abs(coalesce(balance.stated_value_usd, balance.amount * balance.price_usd)) as value_usd
        from balance
        union all
        select unwatched.as_of, unwatched.provider, unwatched.pull_key, unwatched.account_id, unwatched.chain_id, 'unwatched',
            unwatched.asset_id, coalesce(unwatched.stated_value_usd, unwatched.amount * unwatched.price_usd)
        from unwatched
    ),
    of_cell as (
        select cell.as_of, cell.provider, cell.account_id, cell.chain_id, cell.layer, 'cell' as subject,
            sum(stated_row.value_usd) as parts_usd, any_value(cell.stated_value_usd) as stated_usd
        from cell
        left join stated_row using (as_of, provider, pull_key, account_id, chain_id, layer)
        where cell.stated_value_usd is not null
        group by cell.as_of, cell.provider, cell.pull_key, cell.account_id, cell.chain_id, cell.layer
    ),
    of_answer as (
        select figure.as_of, figure.provider, min(asked.account_id) as account_id, null as chain_id, null as layer,
            'answer' as subject, any_value(answered.value_usd) as parts_usd, any_value(figure.number) as stated_usd
        from figure
        join cell as asked using (as_of, provider, pull_key)
        left join (
            select stated_row.as_of, stated_row.provider, stated_row.pull_key, sum(stated_row.value_usd) as value_usd
            from stated_row
            group by stated_row.as_of, stated_row.provider, stated_row.pull_key
        ) as answered using (as_of, provider, pull_key)
        where figure.subject = 'totalBalance' and figure.measure = 'fiatValue'
        group by figure.as_of, figure.provider, figure.pull_key
    ),
    member as (
        select distinct asset.provider, asset.asset_id, asset.group_id from asset where asset.group_id is not null
    ),
    of_aggregate as (
        select figure.as_of, figure.provider, min(stated_row.account_id) as account_id, null as chain_id, null as layer,
            figure.subject, sum(stated_row.value_usd) as parts_usd, any_value(figure.number) as stated_usd
        from figure
        join member on member.provider = figure.provider and member.group_id = figure.subject
        join stated_row
            on stated_row.as_of = figure.as_of and stated_row.provider = figure.provider
            and stated_row.pull_key = figure.pull_key and stated_row.asset_id = member.asset_id
        where figure.measure = 'fiatValue'
        group by figure.as_of, figure.provider, figure.pull_key, figure.subject
    ),
    of_position as (
        select rest.as_of, rest.provider, rest.account_id, rest.chain_id, rest.layer, rest.position_id as subject,
            position.stated_value_usd
                - case when rest.layer = 'debt' then -abs(rest.stated_value_usd) else rest.stated_value_usd end as parts_usd,
            position.stated_value_usd as stated_usd
        from balance as rest
        join position using (as_of, provider, pull_key, account_id, chain_id, position_id)
        where rest.price_status = 'quarantined' and rest.asset_id like '%/leg:unexplained-%'
    ),
    of_chain as (
        select figure.as_of, figure.provider, figure.account_id, figure.subject[10:] as chain_id, null as layer,
            'chain' as subject, sum(cell.value_usd)::double as parts_usd, any_value(figure.number) as stated_usd
        from figure
        join cell
            on cell.as_of = figure.as_of and cell.provider = figure.provider and cell.account_id = figure.account_id
            and cell.chain_id = figure.subject[10:] and cell.layer <> 'reward'
        where figure.measure = 'value_usd' and figure.point_at is null and figure.subject like 'by_chain/%'
        group by figure.as_of, figure.provider, figure.account_id, figure.subject
        having bool_and(cell.outcome in ('answered', 'empty'))
    ),
    of_account as (
        select figure.as_of, figure.provider, figure.account_id, null as chain_id, null as layer, 'account' as subject,
            sum(part.number) as parts_usd, any_value(figure.number) as stated_usd
        from figure
        join figure as part
            on part.as_of = figure.as_of and part.provider = figure.provider and part.pull_key = figure.pull_key
            and part.measure = 'value_usd' and part.subject like 'by_chain/%'
        where figure.measure = 'total' and figure.subject = '' and figure.point_at is null
        group by figure.as_of, figure.provider, figure.account_id, figure.pull_key
    )
from of_cell
union all by name
from of_answer
union all by name
from of_aggregate
union all by name
from of_position
union all by name
from of_chain
union all by name
from of_account
