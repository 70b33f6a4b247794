-- table: One row a cell and recorded instant with the recorded instant before it, and one where a cell leaves the scope.
-- Rewards are no part of the value and have no steps.
-- column as_of: The instant at which the step ends, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position or debt.
-- column kind: measured, switched and measured on the new provider, unmatched where that had no answer before, entered or left.
-- column provider: The provider of record at the end, none where the cell left.
-- column previous_as_of: The recorded instant before it, UTC, none where the cell entered.
-- column previous_provider: The provider of record then.
-- column is_over_gap: Whether instants without a record lie between.
-- column recorded_at: When the later of its two instants was stored last, UTC: a step that says otherwise is made again.
-- column prices: Fingerprint of what is ruled of prices at its two instants, for the same end.
with
    ruled as (
        select price_ruling.as_of, bit_xor(hash(price_ruling)) as prices from price_ruling group by price_ruling.as_of
    ),
    instant as (
        select listed.as_of, row_number() over (order by listed.as_of) as number
        from (select distinct cell_status.as_of from cell_status) as listed
    ),
    present as (
        select cell_status.as_of, cell_status.account_id, cell_status.chain_id, cell_status.layer,
            cell_status.is_recorded, cell_status.provider, instant.number,
            instant.number - row_number() over (
                partition by cell_status.account_id, cell_status.chain_id, cell_status.layer
                order by cell_status.as_of
            ) as run
        from cell_status
        join instant on instant.as_of = cell_status.as_of
        where cell_status.is_in_scope and cell_status.layer <> 'reward'
    ),
    recorded as (
        select present.*,
            lag(present.as_of) over run_of_cell as previous_as_of,
            lag(present.provider) over run_of_cell as previous_provider,
            lag(present.number) over run_of_cell as previous_number
        from present
        where present.is_recorded
        window run_of_cell as (
            partition by present.account_id, present.chain_id, present.layer, present.run order by present.as_of
        )
    ),
    ended as (
        select present.account_id, present.chain_id, present.layer, max(present.number) + 1 as next_number,
            max(present.as_of) filter (where present.is_recorded) as previous_as_of,
            arg_max(present.provider, present.as_of) filter (where present.is_recorded) as previous_provider
        from present
        group by present.account_id, present.chain_id, present.layer, present.run
    )
select
    recorded.as_of, recorded.account_id, recorded.chain_id, recorded.layer,
    case
        when recorded.previous_as_of is null then 'entered'
        when recorded.provider = recorded.previous_provider then 'measured'
        when before.is_trusted then 'switched'
        else 'unmatched'
    end as kind,
    recorded.provider, recorded.previous_as_of, recorded.previous_provider,
    coalesce(recorded.number - recorded.previous_number > 1, false) as is_over_gap,
    greatest(closing.recorded_at, opening.recorded_at) as recorded_at,
    hash(ruled_closing.prices, ruled_opening.prices) as prices
from recorded
left join ruled as ruled_closing on ruled_closing.as_of = recorded.as_of
left join ruled as ruled_opening on ruled_opening.as_of = recorded.previous_as_of
join snapshot as closing on closing.as_of = recorded.as_of
left join snapshot as opening on opening.as_of = recorded.previous_as_of
left join cell_answer as before
    on before.as_of = recorded.previous_as_of and before.provider = recorded.provider
    and recorded.provider <> recorded.previous_provider
    and before.account_id = recorded.account_id and before.chain_id = recorded.chain_id
    and before.layer = recorded.layer
union all
select
    instant.as_of, ended.account_id, ended.chain_id, ended.layer, 'left', null, ended.previous_as_of,
    ended.previous_provider, false, opening.recorded_at, hash(null::ubigint, ruled_opening.prices)
from ended
left join ruled as ruled_opening on ruled_opening.as_of = ended.previous_as_of
join snapshot as opening on opening.as_of = ended.previous_as_of
join instant on instant.number = ended.next_number
where ended.previous_as_of is not null
