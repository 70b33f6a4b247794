-- view: One row an asset whose symbol or name, as any provider ever gave it, is an advertisement: it holds an address of the web.
-- A dot in a name is no address (yearn.finance is a token); one with a scheme, with www. or t.me/ is, and so is a domain
-- beside a word that lures. What the settings keep is none.
-- column asset_id: The asset as its CAIP-19 type.
-- column words: The symbol and name that say so, untrusted text.
select asset.asset_id, any_value(asset.symbol || ' / ' || asset.name order by asset.recorded_at) as words
from asset
where (
        regexp_matches(asset.symbol || ' ' || asset.name, '(?i)(https?:|\bwww\.|\bt\.me/|\bdiscord\.gg/)')
        or regexp_matches(asset.symbol || ' ' || asset.name, '(?i)\b[a-z0-9-]{2,}\.[a-z]{2,10}\b')
            and regexp_matches(asset.symbol || ' ' || asset.name, '(?i)\b(claim|visit|airdrop|reward|bonus|gift|voucher|giveaway|redeem)')
    )
    and asset.asset_id not in (select rule.asset_id from rule where rule.treatment = 'keep')
group by asset.asset_id
