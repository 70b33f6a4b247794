-- table: One row an account and chain whose last record lacks assets that mattered and that nothing explains yet: what they were worth.
-- They are booked as gone. They are explained by a second answer (the same run asks again, and the next instant is one), by another
-- provider that knew the asset and lacks it too, or by what came in at the same step (a sale). What matters is more than 100 US
-- dollars and one percent of the account.
-- column as_of: The instant that is spoken of, UTC.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column suspect_usd: What is gone without an explanation, US dollars.
with
    last_step as (
        select cell_step.*
        from cell_step
        where cell_step.kind = 'measured' and cell_step.layer <> 'debt'
        qualify cell_step.as_of = max(cell_step.as_of) over (
            partition by cell_step.account_id, cell_step.chain_id, cell_step.layer
        )
    ),
    unconfirmed as (
        select last_step.as_of, last_step.previous_as_of, last_step.account_id, last_step.chain_id, last_step.layer, last_step.provider
        from last_step
        join cell using (as_of, provider, account_id, chain_id, layer)
        join pull using (as_of, provider, pull_key)
        group by all
        having bool_or(pull.confirmed_at is null)
    ),
    gone as (
        select unconfirmed.as_of, unconfirmed.previous_as_of, unconfirmed.account_id, unconfirmed.chain_id, unconfirmed.layer,
            unconfirmed.provider, change.asset_id, sum(-change.flow_usd) as value_usd
        from unconfirmed
        join change
            on change.as_of = unconfirmed.as_of and change.account_id = unconfirmed.account_id
            and change.chain_id = unconfirmed.chain_id and change.layer = unconfirmed.layer
        where change.is_held_before and not change.is_held and change.flow_usd < 0
        group by all
    ),
    unexplained as (
        select gone.as_of, gone.previous_as_of, gone.account_id, gone.chain_id, gone.value_usd
        from gone
        where not exists (
            from cell_answer as other
            where other.as_of = gone.as_of and other.account_id = gone.account_id and other.chain_id = gone.chain_id
                and other.layer = gone.layer and other.provider <> gone.provider and other.is_trusted
                and exists (
                    from balance as known
                    where known.as_of = gone.previous_as_of and known.provider = other.provider
                        and known.account_id = gone.account_id and known.asset_id = gone.asset_id
                )
                and not exists (
                    from balance as held
                    where held.as_of = gone.as_of and held.provider = other.provider
                        and held.account_id = gone.account_id and held.asset_id = gone.asset_id
                )
        )
    ),
    moved as (
        select movement.as_of, movement.account_id, sum(movement.flow_usd) as flow_usd
        from movement
        semi join unexplained on unexplained.as_of = movement.as_of and unexplained.account_id = movement.account_id
        group by movement.as_of, movement.account_id
    ),
    before as (
        select cell_status.as_of, cell_status.account_id, sum(abs(cell_status.value_usd)) as value_usd
        from cell_status
        semi join unexplained on unexplained.previous_as_of = cell_status.as_of and unexplained.account_id = cell_status.account_id
        where cell_status.is_in_scope and cell_status.layer <> 'reward'
        group by cell_status.as_of, cell_status.account_id
    ),
    material as (
        select unexplained.as_of, unexplained.account_id, unexplained.chain_id, unexplained.value_usd,
            sum(unexplained.value_usd) over (partition by unexplained.as_of, unexplained.account_id) as of_account_usd
        from unexplained
        join before on before.as_of = unexplained.previous_as_of and before.account_id = unexplained.account_id
        where unexplained.value_usd > greatest(100, 0.01 * before.value_usd)
    )
select material.as_of, material.account_id, material.chain_id,
    -- zero: a flow that went in explains no exit
    sum(material.value_usd * least(1, greatest(0, -moved.flow_usd) / material.of_account_usd))::decimal(38, 6) as suspect_usd
from material
join moved on moved.as_of = material.as_of and moved.account_id = material.account_id
where moved.flow_usd < 0
group by material.as_of, material.account_id, material.chain_id
