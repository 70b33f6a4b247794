-- claim: An answer that lacks what its provider said before is in doubt until somebody else, or another instant, agrees.
-- One that turns a debt of before into an asset is in doubt for as long as it says so, however often.
-- Looked at is what was worth more than 100 US dollars and one percent of the account in the provider's last answer that
-- is not in doubt, and where nothing had a price, a cell that now holds nothing. A single asset that is gone is booked as gone,
-- unless a second provider still has it, and asked for once more (sql/derived/unexplained_exit.sql says what nothing explains). A chain or a protocol that is gone as a whole is
-- weighed as a whole. A second provider that knows the asset decides. Where there is none, it is gone when an answer that held
-- nothing was believed since, or when the answer for the next instant lacks it too and was first given later by half the time between both (at most half an hour), or is
-- believed; the same source is never believed for being asked again. It is gone, too, where as much came into the account's other
-- cells in the same step: what was closed or bridged lies there now, and whoever loses a protocol invents no money.
-- Asked only where `is_doubtful` has found that anything may be.
create or replace temp table vanished as
with
    weight as (
        select balance.as_of, balance.provider, balance.account_id, sum(abs(balance.value_usd)) as value_usd
        from balance
        semi join gone using (as_of, provider, account_id)
        where balance.is_counted
        group by all
    ),
    sized as (
        select gone.*,
            sum(abs(gone.value_usd)) over (partition by gone.provider, gone.account_id, gone.chain_id) as chain_usd,
            sum(abs(gone.value_usd)) over (
                partition by gone.provider, gone.account_id, gone.chain_id, gone.protocol_id
            ) as protocol_usd
        from gone
    )
select sized.provider, sized.account_id, sized.chain_id, sized.layer, sized.asset_id, sized.protocol_id,
    sized.is_asset_gone, sized.is_chain_empty or sized.protocol_id is not null as is_whole
from sized
join weight using (as_of, provider, account_id)
join now_said using (provider, account_id, chain_id, layer)
where greatest(
        abs(sized.value_usd),
        case when sized.is_chain_empty then sized.chain_usd end,
        case when sized.protocol_id is not null then sized.protocol_usd end
    ) > greatest(100, 0.01 * weight.value_usd)
    or (weight.value_usd is null and now_said.row_count = 0)
group by all;
create or replace temp table neighbour as
with
    lacking as (select distinct provider, account_id, chain_id, layer from vanished where is_whole),
    near as (
        select lacking.provider, lacking.account_id, lacking.chain_id, lacking.layer,
            max(cell.as_of) filter (where cell.as_of < getvariable('counted_at')) as earlier_as_of,
            min(cell.as_of) filter (where cell.as_of > getvariable('counted_at')) as later_as_of
        from lacking
        join said_before as before using (provider, account_id, chain_id, layer)
        join cell using (provider, account_id, chain_id, layer)
        where cell.as_of > before.as_of and cell.outcome in ('answered', 'empty')
        group by all
    ),
    listed as (
        from near
        unpivot (as_of for side in (earlier_as_of, later_as_of))
    ),
    first_answer as (
        select every_answer.as_of, every_answer.provider, every_answer.account_id, every_answer.chain_id,
            every_answer.layer, min(every_answer.observed_at) as observed_at
        from (
            select as_of, provider, account_id, chain_id, layer, observed_at from cell
            semi join lacking using (provider, account_id, chain_id, layer)
            where as_of in (select listed.as_of from listed) or as_of = getvariable('counted_at')
            union all
            select as_of, provider, account_id, chain_id, layer, observed_at from cell_superseded
            semi join lacking using (provider, account_id, chain_id, layer)
            where as_of in (select listed.as_of from listed) or as_of = getvariable('counted_at')
        ) as every_answer
        group by all
    )
select listed.provider, listed.account_id, listed.chain_id, listed.layer, listed.as_of,
    case when listed.side = 'later_as_of' then other.observed_at - own.observed_at else own.observed_at - other.observed_at end
        >= least(abs(epoch(listed.as_of) - epoch(getvariable('counted_at'))) * interval 1 second, interval 1 hour) / 2
        or (listed.side = 'later_as_of' and there.doubt is null) as is_independent
from listed
join cell as there using (as_of, provider, account_id, chain_id, layer)
join first_answer as other using (as_of, provider, account_id, chain_id, layer)
join first_answer as own using (provider, account_id, chain_id, layer)
where own.as_of = getvariable('counted_at');
create or replace temp table agreed as
select distinct vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer, vanished.asset_id,
    vanished.protocol_id
from vanished
join neighbour using (provider, account_id, chain_id, layer)
where vanished.is_whole and neighbour.is_independent
    and not exists (
        from balance as held
        left join position as known
            on known.as_of = held.as_of and known.provider = held.provider and known.account_id = held.account_id
            and known.chain_id = held.chain_id and known.position_id = held.position_id
        where held.as_of = neighbour.as_of and held.provider = vanished.provider
            and held.account_id = vanished.account_id and held.chain_id = vanished.chain_id
            and held.layer = vanished.layer and held.asset_id = vanished.asset_id
            and (vanished.protocol_id is null or known.protocol_id = vanished.protocol_id)
    );
create or replace temp table emptied as
select vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer, max(cell.as_of) as as_of
from vanished
join said_before as before using (provider, account_id, chain_id, layer)
join cell using (provider, account_id, chain_id, layer)
where cell.as_of > before.as_of and cell.as_of < getvariable('counted_at') and cell.outcome = 'empty' and cell.doubt is null
group by all;
create or replace temp table arrived as
with
    lost as (
        select gone.provider, gone.account_id, sum(gone.value_usd)::double as usd
        from gone
        semi join (from vanished where vanished.is_whole) as whole
            on whole.provider = gone.provider and whole.account_id = gone.account_id and whole.chain_id = gone.chain_id
            and whole.layer = gone.layer and whole.asset_id = gone.asset_id
            and whole.protocol_id is not distinct from gone.protocol_id
        group by gone.provider, gone.account_id
    ),
    held_now as (
        select balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.asset_id,
            list_sum(list(balance.amount order by balance.position_id)) as amount,
            quantile_disc(balance.price_usd, 0.5) filter (balance.price_status = 'priced') as price_usd
        from balance
        semi join lost using (provider, account_id)
        where balance.as_of = getvariable('counted_at') and balance.is_counted and balance.layer <> 'reward'
        group by all
    ),
    held_before as (
        select balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.asset_id,
            list_sum(list(balance.amount order by balance.position_id)) as amount
        from said_before as before
        join balance using (as_of, provider, account_id, chain_id, layer)
        semi join lost using (provider, account_id)
        where balance.is_counted
        group by all
    ),
    came as (
        select held_now.provider, held_now.account_id,
            list_sum(list(
                -- zero: an asset that was not there before came whole
                case when held_now.layer = 'debt' then -1 else 1 end * (held_now.amount - coalesce(held_before.amount, 0)) * held_now.price_usd
                order by held_now.chain_id, held_now.layer, held_now.asset_id
            )) as usd
        from held_now
        left join held_before using (provider, account_id, chain_id, layer, asset_id)
        group by all
    )
select lost.provider, lost.account_id
from lost
join came using (provider, account_id)
where lost.usd > 0 and came.usd between 0.9 * lost.usd and 1.25 * lost.usd;
create or replace temp table doubted as
with
    told as (
        select vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer, vanished.asset_id,
            vanished.protocol_id, bool_or(other.asset_id is not null) as is_contradicted,
            count(second.provider) > 0 as is_seconded, bool_or(emptied.as_of is not null) as was_believed,
            vanished.is_whole, bool_or(agreed.asset_id is not null) as is_agreed
        from vanished
        left join emptied using (provider, account_id, chain_id, layer)
        left join agreed
            on agreed.provider = vanished.provider and agreed.account_id = vanished.account_id
            and agreed.chain_id = vanished.chain_id and agreed.layer = vanished.layer
            and agreed.asset_id = vanished.asset_id and agreed.protocol_id is not distinct from vanished.protocol_id
        left join now_said as second
            on vanished.is_asset_gone
            and second.account_id = vanished.account_id and second.chain_id = vanished.chain_id
            and second.layer = vanished.layer and second.provider <> vanished.provider
            and exists (
                from balance as known
                where known.provider = second.provider and known.asset_id = vanished.asset_id
                    and known.account_id = vanished.account_id
            )
        left join balance as other
            on other.as_of = getvariable('counted_at') and other.provider = second.provider
            and other.account_id = vanished.account_id and other.chain_id = vanished.chain_id
            and other.layer = vanished.layer and other.asset_id = vanished.asset_id
        group by all
    )
select distinct told.provider, told.account_id, told.chain_id, told.layer
from told
join now_said using (provider, account_id, chain_id, layer)
left join arrived using (provider, account_id)
where told.is_contradicted
    or (told.is_whole and not (told.is_seconded or told.was_believed or told.is_agreed or arrived.account_id is not null));
update cell
set doubt = case
    when cell.layer in ('position', 'debt') and (cell.provider, cell.account_id, cell.chain_id) in (
        select (flipped.provider, flipped.account_id, flipped.chain_id) from flipped
    ) then 'flipped'
    when (cell.provider, cell.account_id, cell.chain_id, cell.layer) in (
        select (doubted.provider, doubted.account_id, doubted.chain_id, doubted.layer) from doubted
    ) then 'vanished'
end
where cell.as_of = getvariable('counted_at')
    and (cell.doubt is not null or exists (from doubted) or exists (from flipped));
select cell.provider, cell.pull_key, any_value(pull.outcome) as outcome, any_value(pull.confirmed_at) is null as is_open,
    bool_and(cell.doubt is null) as is_believed
from cell
join pull using (as_of, provider, pull_key)
where cell.as_of = getvariable('counted_at')
    and (
        cell.doubt is not null
        or (cell.provider, cell.account_id, cell.chain_id, cell.layer) in (
            select (vanished.provider, vanished.account_id, vanished.chain_id, vanished.layer) from vanished where not vanished.is_whole
        )
    )
group by cell.provider, cell.pull_key;
