-- part: Tables as they stood when `known_at` was, under their own names: what reads them, answers too, reads these instead.
-- DuckDB lets a macro see the common tables of the query that calls it, and a view not; so what views say is written out here from
-- the files that say it.
    told_until as (select coalesce(instant_meant(known_at), timestamp 'infinity') as moment),
    cell as (
        select held.* exclude (superseded_at)
        from cell_belief as held, told_until
        where held.recorded_at <= told_until.moment
            and (held.superseded_at > told_until.moment or held.superseded_at = timestamp 'infinity')
    ),
    balance as (
        select held.* exclude (superseded_at)
        from balance_belief as held, told_until
        where held.recorded_at <= told_until.moment
            and (held.superseded_at > told_until.moment or held.superseded_at = timestamp 'infinity')
            and held.asset_id in (
                select rule.asset_id from rule
                union all select rule.receipt_of from rule where rule.receipt_of is not null
                union all select spam.asset_id from spam
                union all select absurd.asset_id from absurd
                union all select receipt_token.asset_id from receipt_token
                union all
                select listedreceipt.receipt_of
                from listedreceipt
                where listedreceipt.asset_id in (select kept.asset_id from balance_belief as kept where kept.layer = 'wallet')
                union all
                select seen.asset_id
                from balance_belief as seen
                group by seen.provider, seen.asset_id
                having count(distinct seen.price_status) > 1
                    or max(seen.price_usd) > min(seen.price_usd) * case
                        when seen.asset_id in (select unnest(pricing.stablecoins) from pricing) then 1.1 else 2 end
            )
    ),
    snapshot as (
        select held.*
        from snapshot as held
        where held.as_of in (select attempt.as_of from attempt, told_until where attempt.taken_at <= told_until.moment)
    ),
    tick as (
        select held.* from tick as held where held.as_of <= (select max(snapshot.as_of) from snapshot)
    ),
    tick_neighbour as ({tick_neighbour}),
    receipt_leg as ({receipt_leg}),
    price_point as ({price_point}),
    price_leap as ({price_leap}),
    price_ruling as ({price_ruling}),
    ruling as ({ruling}),
    cell_answer as ({cell_answer}),
    cell_status as ({cell_status}),
    cell_scope as ({cell_scope}),
    cell_estimate as (select held.* from cell_estimate as held limit 0),
    unexplained_exit as (select held.* from unexplained_exit as held limit 0),
    extent as ({extent}),
    total as ({total})
