-- question: Where do providers disagree about the same wallet, chain and asset at the same instant?
-- Every two answers for a cell, those in doubt too, are held against each other, the earlier in the order of record first. An asset
-- that a provider never reported for any account is none that it covers, and not listed as lacking in its answers. A
-- price that is borrowed from another provider is not held against anybody's. The rules of the settings play no part.
-- Last, each provider is held against itself, provider_a is provider_b then: its own totals of cells, answers, chains, positions and
-- accounts against the rows that it gave, and its series over time against its rows of the instant (`total`); amount times price
-- against the value that it states (`value`); and the decimals of a token by list, contract and price source (`decimals`). Values may
-- differ by a dollar or by one percent.
-- parameter as_of: The instant, UTC; the last tick at or before it counts; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter matched: Whether to list what agrees too; default false.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- parameter provider: Only pairs that this provider is one of; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward, none for a total of several.
-- column asset_id varchar: The asset as its CAIP-19 type; of a total what it is of: cell, answer, chain, account, a series or a position's id.
-- column provider_a varchar: The provider that comes first in the order of record.
-- column provider_b varchar: The other provider.
-- column verdict varchar: matched, amount, price, only_a, only_b, total, value or decimals; amounts agree to 1e-9, the rest to 1 percent.
-- column amount_a double: Amount by the first, whole units.
-- column amount_b double: Amount by the other, whole units.
-- column price_a double: Price by the first, US dollars a whole unit.
-- column price_b double: Price by the other, US dollars a whole unit.
-- column value_a_usd decimal(38,6): Booked value by the first, US dollars.
-- column value_b_usd decimal(38,6): Booked value by the other, of a total what is stated, US dollars.
-- column agreement double: Of the cell: matched value as a share of the larger value, none where both are nothing.
create or replace macro reconciliation(
    as_of := null, account := null, account_group := null, matched := false, chain := null, provider := null
) as table
with
    mine as (from accounts_meant(account, account_group)),
    asked as (
        select max(snapshot.as_of) as instant
        from snapshot
        where as_of is null or snapshot.as_of <= instant_meant(as_of)
    ),
    answer as (
        select cell_answer.*
        from cell_answer
        join asked on asked.instant = cell_answer.as_of
        where cell_answer.is_trusted or cell_answer.reason like 'suspect:%'
    ),
    held as (
        select balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.asset_id,
            sum(balance.amount) as amount,
            any_value(balance.price_usd) filter (where balance.price_origin in ('stated', 'implied', 'residual')) as price_usd,
            bool_or(balance.price_origin not in ('stated', 'implied', 'residual')) as is_borrowed,
            sum(balance.value_usd)::decimal(38, 6) as value_usd
        from balance
        where balance.as_of = (select instant from asked)
        group by balance.provider, balance.account_id, balance.chain_id, balance.layer, balance.asset_id
    ),
    covered as (select distinct balance.provider, balance.asset_id from balance),
    pair as (
        select one.account_id, one.chain_id, one.layer, one.provider as provider_a, other.provider as provider_b
        from answer as one
        join answer as other using (account_id, chain_id, layer)
        where (one.record_rank, one.provider) < (other.record_rank, other.provider)
    ),
    compared as (
        select
            pair.account_id, pair.chain_id, pair.layer, pair.provider_a, pair.provider_b, thing.asset_id,
            a.amount as amount_a, b.amount as amount_b, a.price_usd as price_a, b.price_usd as price_b,
            a.value_usd as value_a, b.value_usd as value_b,
            case
                when b.asset_id is null then 'only_a'
                when a.asset_id is null then 'only_b'
                when abs(a.amount - b.amount) > 1e-9 * greatest(abs(a.amount), abs(b.amount)) then 'amount'
                when a.is_borrowed or b.is_borrowed then 'matched'
                when abs(a.price_usd - b.price_usd) > 0.01 * greatest(abs(a.price_usd), abs(b.price_usd)) then 'price'
                when (a.price_usd is null) <> (b.price_usd is null) then 'price'
                else 'matched'
            end as verdict
        from pair
        join (
            select distinct held.account_id, held.chain_id, held.layer, held.asset_id from held
        ) as thing using (account_id, chain_id, layer)
        left join held as a
            on a.provider = pair.provider_a and a.account_id = pair.account_id and a.chain_id = pair.chain_id
            and a.layer = pair.layer and a.asset_id = thing.asset_id
        left join held as b
            on b.provider = pair.provider_b and b.account_id = pair.account_id and b.chain_id = pair.chain_id
            and b.layer = pair.layer and b.asset_id = thing.asset_id
        join covered as covered_a on covered_a.provider = pair.provider_a and covered_a.asset_id = thing.asset_id
        join covered as covered_b on covered_b.provider = pair.provider_b and covered_b.asset_id = thing.asset_id
        where a.asset_id is not null or b.asset_id is not null
    ),
    weighed as (
        select compared.*,
            sum(greatest(compared.value_a, compared.value_b)) filter (where compared.verdict = 'matched') over same
                / nullif(greatest(abs(sum(compared.value_a) over same), abs(sum(compared.value_b) over same)), 0) as agreement
        from compared
        window same as (
            partition by compared.account_id, compared.chain_id, compared.layer, compared.provider_a, compared.provider_b
        )
    ),
    total as (
        select stated.account_id, stated.chain_id, stated.layer, stated.subject as asset_id,
            stated.provider as provider_a, stated.provider as provider_b,
            case when contradicts(stated.stated_usd, stated.parts_usd) then 'total' else 'matched' end as verdict,
            try_cast(stated.parts_usd as decimal(38, 6)) as value_a, try_cast(stated.stated_usd as decimal(38, 6)) as value_b
        from provider_total as stated
        where stated.as_of = (select asked.instant from asked)
        union all by name
        select drift.account_id, drift.series as asset_id, drift.provider as provider_a, drift.provider as provider_b,
            case when contradicts(drift.recorded_usd + drift.difference_usd, drift.recorded_usd) then 'total' else 'matched' end as verdict,
            drift.recorded_usd as value_a, (drift.recorded_usd + drift.difference_usd)::decimal(38, 6) as value_b
        from provider_drift(until := as_of) as drift
        where drift.as_of = (select asked.instant from asked) and drift.difference_usd is not null
    ),
    priced as (
        select balance.account_id, balance.chain_id, balance.layer, balance.asset_id,
            balance.provider as provider_a, balance.provider as provider_b, 'value' as verdict,
            balance.amount as amount_a, balance.price_usd as price_a,
            try_cast(abs(balance.amount * balance.price_usd) as decimal(38, 6)) as value_a,
            try_cast(abs(balance.stated_value_usd) as decimal(38, 6)) as value_b
        from balance
        where balance.as_of = (select asked.instant from asked) and balance.price_status = 'quarantined'
            and contradicts(abs(balance.stated_value_usd), abs(balance.amount * balance.price_usd))
    ),
    sized as (
        select held.account_id, held.chain_id, held.layer, held.asset_id,
            held.provider as provider_a, held.provider as provider_b, 'decimals' as verdict
        from figure
        join balance as held
            on held.as_of = figure.as_of and held.provider = figure.provider and held.pull_key = figure.pull_key
            and held.asset_id = figure.subject
        where figure.as_of = (select asked.instant from asked)
            and figure.measure in ('listed_decimals', 'price_source_decimals')
        group by held.account_id, held.chain_id, held.layer, held.asset_id, held.provider
    ),
    found as (from weighed union all by name from total union all by name from priced union all by name from sized)
select
    (select instant from asked) as as_of, found.account_id, named.label, found.chain_id, found.layer,
    found.asset_id, found.provider_a, found.provider_b, found.verdict,
    found.amount_a, found.amount_b, found.price_a, found.price_b,
    found.value_a as value_a_usd, found.value_b as value_b_usd, found.agreement::double as agreement
from found
join mine as named on named.account_id = found.account_id
where (matched or found.verdict <> 'matched')
    and (chain is null or found.chain_id = chain::varchar)
    and (provider is null or provider::varchar in (found.provider_a, found.provider_b))
order by named.label, found.chain_id, found.layer, found.asset_id, found.provider_a, found.provider_b
