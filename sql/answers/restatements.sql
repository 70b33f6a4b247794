-- question: What was believed before of a cell, what took its place, when, and why?
-- One row a cell and provider each time that its belief changed: value, rows, outcome, doubt or place in the order of record. An answer
-- that was given again and says the same is none. Values are what the provider's rows add up to, before rules of the settings; a
-- change of rules, names or bounds of accounts restates no belief and is not here. Of record is judged with the offices of today.
-- parameter since: First instant spoken of, date or instant in UTC; default the first of the history.
-- parameter until: Last instant spoken of, inclusive, UTC; default the last of the history.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter chain: Only this chain, as its CAIP-2 id; default all.
-- column as_of timestamp: The instant that is spoken of, UTC.
-- column account_id varchar: The wallet, CAIP-10 style, EVM in lower case.
-- column label varchar: The account's name in the settings.
-- column chain_id varchar: The chain as its CAIP-2 id.
-- column layer varchar: The part of the account: wallet, position, debt or reward.
-- column provider varchar: Whose answer it was.
-- column believed_from timestamp: From when on the earlier belief was held, UTC.
-- column believed_until timestamp: When the later one took its place, UTC.
-- column value_before_usd decimal(38,6): Booked value of the earlier belief, US dollars, NULL where it had none.
-- column value_after_usd decimal(38,6): Booked value of the one that took its place, US dollars, NULL where it has none.
-- column difference_usd decimal(38,6): After less before, US dollars, what has no value adding nothing.
-- column value_now_usd decimal(38,6): Booked value as it is believed now, US dollars.
-- column rows_changed bigint: How many assets of the cell are there in one of both alone, or differ.
-- column why varchar: One code: re_asked, healed, still_missing, withdrawn, added, doubted, doubt_resolved, recounted, normaliser_changed, order_changed or price_confirmed.
-- column is_of_record boolean: Whether it changed the value of record of the cell; said once where several providers changed at once.
-- column record_difference_usd decimal(38,6): By how much it changed that, US dollars.
create or replace macro restatements(
    since := null, until := null, account := null, account_group := null, chain := null
) as table
with
    mine as (from accounts_meant(account, account_group)),
    touched as (
        select distinct gone.as_of, gone.account_id, gone.chain_id, gone.layer
        from cell_superseded as gone
        join mine on mine.account_id = gone.account_id
        where gone.superseded_at > gone.recorded_at
            and (chain is null or gone.chain_id = chain::varchar)
            and gone.as_of between since_meant(since) and until_meant(until)
    ),
    version as (
        select held.*, told.normaliser_version, told.body_sha256,
            held.doubt is null and (
                held.outcome = 'answered'
                or held.outcome = 'empty' and (
                    held.observed_at <= held.as_of + to_minutes(snapshot.grace_minutes) or coalesce(today.is_trusted, false)
                )
            ) as is_trusted,
            coalesce(today.is_in_office, false) as is_in_office
        from cell_belief as held
        join touched
            on touched.as_of = held.as_of and touched.account_id = held.account_id
            and touched.chain_id = held.chain_id and touched.layer = held.layer
        join snapshot on snapshot.as_of = held.as_of
        left join cell_answer as today
            on today.as_of = held.as_of and today.provider = held.provider and today.account_id = held.account_id
            and today.chain_id = held.chain_id and today.layer = held.layer
        left join (
            select pull.as_of, pull.provider, pull.pull_key, pull.normaliser_version, pull.body_sha256, pull.recorded_at,
                timestamp 'infinity' as superseded_at
            from pull
            union all
            select gone.as_of, gone.provider, gone.pull_key, gone.normaliser_version, gone.body_sha256, gone.recorded_at,
                gone.superseded_at
            from pull_superseded as gone
        ) as told
            on told.as_of = held.as_of and told.provider = held.provider and told.pull_key = held.pull_key
            and told.recorded_at <= held.recorded_at and told.superseded_at >= held.superseded_at
            and told.superseded_at > held.recorded_at
        where held.superseded_at > held.recorded_at
    ),
    moment as (
        select edge.as_of, edge.account_id, edge.chain_id, edge.layer, edge.provider, edge.changed_at,
            lag(edge.changed_at) over of_answer as believed_from
        from (
            select version.as_of, version.account_id, version.chain_id, version.layer, version.provider,
                version.recorded_at as changed_at
            from version
            union
            select version.as_of, version.account_id, version.chain_id, version.layer, version.provider, version.superseded_at
            from version
            where version.superseded_at < timestamp 'infinity'
        ) as edge
        window of_answer as (
            partition by edge.as_of, edge.account_id, edge.chain_id, edge.layer, edge.provider order by edge.changed_at
        )
    ),
    sided as (
        select moment.as_of, moment.account_id, moment.chain_id, moment.layer, moment.changed_at, version.provider,
            version.provider = moment.provider as is_own, moment.provider as changed_provider, moment.believed_from, version.*
                exclude (as_of, account_id, chain_id, layer, provider),
            version.recorded_at < moment.changed_at and version.superseded_at >= moment.changed_at as is_before,
            version.recorded_at <= moment.changed_at and version.superseded_at > moment.changed_at as is_after
        from moment
        join version
            on version.as_of = moment.as_of and version.account_id = moment.account_id
            and version.chain_id = moment.chain_id and version.layer = moment.layer
        where moment.believed_from is not null
    ),
    answered as (
        select sided.as_of, sided.account_id, sided.chain_id, sided.layer, sided.changed_provider, sided.changed_at,
            sided.provider, sided.is_own, any_value(sided.believed_from) as believed_from,
            any_value(sided.is_in_office) as is_in_office,
            count(*) filter (sided.is_before) as parts_before, count(*) filter (sided.is_after) as parts_after,
            sum(sided.value_usd) filter (sided.is_before) as value_before_usd,
            sum(sided.value_usd) filter (sided.is_after) as value_after_usd,
            sum(sided.value_usd) filter (sided.superseded_at = timestamp 'infinity') as value_now_usd,
            bool_and(sided.outcome in ('answered', 'empty')) filter (sided.is_before) as has_answer_before,
            bool_and(sided.outcome in ('answered', 'empty')) filter (sided.is_after) as has_answer_after,
            bool_and(sided.is_trusted) filter (sided.is_before) as is_trusted_before,
            bool_and(sided.is_trusted) filter (sided.is_after) as is_trusted_after,
            bool_or(sided.doubt is not null) filter (sided.is_before) as is_doubted_before,
            bool_or(sided.doubt is not null) filter (sided.is_after) as is_doubted_after,
            min(sided.record_rank) filter (sided.is_before) as rank_before,
            min(sided.record_rank) filter (sided.is_after) as rank_after,
            min(sided.reason) filter (sided.is_before) as reason_before,
            min(sided.reason) filter (sided.is_after) as reason_after,
            max(sided.normaliser_version) filter (sided.is_before) as normaliser_before,
            max(sided.normaliser_version) filter (sided.is_after) as normaliser_after,
            list(sided.body_sha256 order by sided.pull_key) filter (sided.is_before) as bodies_before,
            list(sided.body_sha256 order by sided.pull_key) filter (sided.is_after) as bodies_after
        from sided
        group by sided.as_of, sided.account_id, sided.chain_id, sided.layer, sided.changed_provider, sided.changed_at,
            sided.provider, sided.is_own
    ),
    record as (
        select answered.as_of, answered.account_id, answered.chain_id, answered.layer, answered.changed_provider,
            answered.changed_at,
            arg_min(
                struct_pack(provider := answered.provider, value_usd := answered.value_before_usd),
                (not answered.is_in_office, answered.rank_before, answered.provider)
            ) filter (answered.is_trusted_before) as before,
            arg_min(
                struct_pack(provider := answered.provider, value_usd := answered.value_after_usd),
                (not answered.is_in_office, answered.rank_after, answered.provider)
            ) filter (answered.is_trusted_after) as after
        from answered
        group by answered.as_of, answered.account_id, answered.chain_id, answered.layer, answered.changed_provider,
            answered.changed_at
    ),
    held as (
        select moment.as_of, moment.account_id, moment.chain_id, moment.layer, moment.provider, moment.changed_at,
            balance.pull_key, balance.position_id, balance.asset_id,
            list(balance.said order by balance.said) filter (
                balance.recorded_at < moment.changed_at and balance.superseded_at >= moment.changed_at
            ) as said_before,
            list(balance.said order by balance.said) filter (
                balance.recorded_at <= moment.changed_at and balance.superseded_at > moment.changed_at
            ) as said_after,
            list(balance.is_counted order by balance.said) filter (
                balance.recorded_at < moment.changed_at and balance.superseded_at >= moment.changed_at
            ) as counted_before,
            list(balance.is_counted order by balance.said) filter (
                balance.recorded_at <= moment.changed_at and balance.superseded_at > moment.changed_at
            ) as counted_after
        from moment
        join (
            select belief.*, (
                belief.amount_raw, belief.amount, belief.price_usd, belief.price_status, belief.stated_value_usd, belief.value_usd
            ) as said
            from balance_belief as belief
            where belief.as_of in (select touched.as_of from touched)
        ) as balance
            on balance.as_of = moment.as_of and balance.provider = moment.provider
            and balance.account_id = moment.account_id and balance.chain_id = moment.chain_id and balance.layer = moment.layer
        where moment.believed_from is not null
        group by all
    ),
    differing as (
        select held.as_of, held.account_id, held.chain_id, held.layer, held.provider, held.changed_at,
            count(*) filter (held.said_before is distinct from held.said_after) as rows_said_otherwise,
            count(*) filter (
                held.said_before is distinct from held.said_after or held.counted_before is distinct from held.counted_after
            ) as rows_changed
        from held
        group by all
    ),
    changed as (
        select own.*, record.before, record.after,
            -- zero: a count of rows that differ, of which there may be none
            case when differing.rows_changed is null then 0 else differing.rows_changed end as rows_changed,
            case when differing.rows_said_otherwise is null then 0 else differing.rows_said_otherwise end as rows_said_otherwise,
            record.before is distinct from record.after and own.provider = first_value(own.provider) over (
                partition by own.as_of, own.account_id, own.chain_id, own.layer, own.changed_at
                order by own.provider is distinct from coalesce(record.after, record.before).provider, own.provider
            ) as is_of_record
        from answered as own
        join record
            on record.as_of = own.as_of and record.account_id = own.account_id and record.chain_id = own.chain_id
            and record.layer = own.layer and record.changed_provider = own.changed_provider
            and record.changed_at = own.changed_at
        left join differing
            on differing.as_of = own.as_of and differing.account_id = own.account_id and differing.chain_id = own.chain_id
            and differing.layer = own.layer and differing.provider = own.provider and differing.changed_at = own.changed_at
        where own.is_own
            and (
                own.value_before_usd is distinct from own.value_after_usd or differing.rows_changed > 0
                or own.has_answer_before is distinct from own.has_answer_after
                or own.is_doubted_before is distinct from own.is_doubted_after
                or own.reason_before is distinct from own.reason_after or own.rank_before is distinct from own.rank_after
            )
    ),
    confirmed as (
        select cell.as_of, cell.account_id, cell.chain_id, cell.layer, cell.provider, min(cell.recorded_at) as believed_from,
            max(confirming.recorded_at) as believed_until, sum(held.value_usd) as confirmed_usd, count(*) as rows_changed
        from price_leap as leap
        join snapshot as confirming on confirming.as_of = leap.next_as_of
        join balance as held
            on held.as_of = leap.as_of and held.provider = leap.provider and held.asset_id = leap.asset_id
            and held.price_origin in ('stated', 'implied', 'residual')
        join cell
            on cell.as_of = held.as_of and cell.provider = held.provider and cell.pull_key = held.pull_key
            and cell.account_id = held.account_id and cell.chain_id = held.chain_id and cell.layer = held.layer
        join mine on mine.account_id = cell.account_id
        where leap.confirmed_by = 'next' and held.is_counted and held.value_usd is not null
            and confirming.recorded_at > cell.recorded_at + interval 1 minute
            and (chain is null or cell.chain_id = chain::varchar)
            and cell.as_of between since_meant(since) and until_meant(until)
        group by cell.as_of, cell.account_id, cell.chain_id, cell.layer, cell.provider
    )
select
    changed.as_of, changed.account_id, mine.label, changed.chain_id, changed.layer, changed.provider, changed.believed_from,
    changed.changed_at as believed_until, changed.value_before_usd, changed.value_after_usd,
    case
        when changed.value_before_usd is null then changed.value_after_usd
        when changed.value_after_usd is null then -changed.value_before_usd
        else changed.value_after_usd - changed.value_before_usd
    end as difference_usd,
    changed.value_now_usd, changed.rows_changed,
    case
        when changed.parts_before = 0 then 'added'
        when changed.parts_after = 0 then 'withdrawn'
        when not changed.has_answer_before and changed.has_answer_after then 'healed'
        when not changed.has_answer_after then 'still_missing'
        when changed.is_doubted_before and not changed.is_doubted_after then 'doubt_resolved'
        when changed.is_doubted_after and not changed.is_doubted_before then 'doubted'
        when changed.normaliser_before <> changed.normaliser_after and changed.bodies_before = changed.bodies_after
            then 'normaliser_changed'
        when changed.rows_said_otherwise > 0 then 're_asked'
        when changed.rows_changed > 0 or changed.value_before_usd is distinct from changed.value_after_usd then 'recounted'
        else 'order_changed'
    end as why,
    changed.is_of_record,
    case
        when not changed.is_of_record then null
        when changed.before.value_usd is null then changed.after.value_usd
        when changed.after.value_usd is null then -changed.before.value_usd
        else changed.after.value_usd - changed.before.value_usd
    end as record_difference_usd
from changed
join mine on mine.account_id = changed.account_id
union all
select
    confirmed.as_of, confirmed.account_id, mine.label, confirmed.chain_id, confirmed.layer, confirmed.provider,
    confirmed.believed_from, confirmed.believed_until,
    (answer.value_usd - confirmed.confirmed_usd)::decimal(38, 6), answer.value_usd, confirmed.confirmed_usd::decimal(38, 6),
    answer.value_usd, confirmed.rows_changed, 'price_confirmed',
    coalesce(cell_status.provider = confirmed.provider, false),
    case when cell_status.provider = confirmed.provider then confirmed.confirmed_usd::decimal(38, 6) end
from confirmed
join mine on mine.account_id = confirmed.account_id
join cell_answer as answer
    on answer.as_of = confirmed.as_of and answer.provider = confirmed.provider and answer.account_id = confirmed.account_id
    and answer.chain_id = confirmed.chain_id and answer.layer = confirmed.layer
left join cell_status
    on cell_status.as_of = confirmed.as_of and cell_status.account_id = confirmed.account_id
    and cell_status.chain_id = confirmed.chain_id and cell_status.layer = confirmed.layer
order by believed_until, as_of, label, chain_id, layer, provider
