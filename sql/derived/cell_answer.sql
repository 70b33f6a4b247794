-- table: One row a cell and provider that was planned: whether its answer can be of record, and whether it is in office.
-- An answer that holds nothing is trusted when it was observed within the grace; one that was asked for later is
-- trusted once the same provider says nothing at a neighbouring tick too: some endpoints answer an unknown past with
-- an empty list. Where several pulls cover a cell together, each part of its assets, all of them must be trusted.
-- What is in doubt is decided when an instant is stored (sql/store/doubt.sql). The rules of the settings for assets hold
-- for the whole history, so they are applied here and not when an instant is stored.
-- A provider leaves its office in a cell after three snapshots without a trusted answer, and is back after three with
-- one, so that the record does not flap between providers that see different things.
-- column as_of: The instant that is spoken of, UTC.
-- column provider: The outside API family that was asked.
-- column account_id: The wallet, CAIP-10 style, EVM in lower case.
-- column chain_id: The chain as its CAIP-2 id.
-- column layer: The part of the account: wallet, position, debt or reward.
-- column is_trusted: Whether the answer can be of record.
-- column is_in_office: Whether the provider is one that the record is expected from.
-- column record_rank: The provider's place in the order of record.
-- column reason: Why the answer cannot be of record, one code, none where it can.
-- column value_usd: Booked value of the cell in US dollars, none where every asset lacks a believed price.
-- column stated_value_usd: The provider's own total of the cell, US dollars.
-- column row_count: How many assets the answer held.
-- column unpriced_count: How many of them have no known price.
-- column quarantined_count: How many of them have an unbelievable price.
-- column excluded_count: How many assets are left out as spam or by the settings.
-- column excluded_usd: What they are worth where they have a price, US dollars.
-- column held_count: How many assets of the record are not left out.
-- column valued_count: How many of those have a value.
-- column stale_count: How many of them have the last believed price instead of one of this instant.
-- column stale_usd: What those are worth, debts as positive, US dollars.
-- column withheld: Why prices withhold its value, one code: price_unconfirmed, unpriced or receipt_uncovered; none where they do not.
-- column stand_in_usd: What holdings whose price withholds the value would be worth at the last believed price, US dollars.
-- column stand_in_gross_usd: The same with debts as positive, US dollars.
-- column observed_at: When the answer arrived, UTC.
-- column effective_at: The instant the answer is true for, UTC.
with
    ruled as (
        select ruling.as_of, ruling.provider, ruling.pull_key, ruling.account_id, ruling.chain_id, ruling.layer,
            -- zero: what rules add to a cell, and counts, of which there may be none
            (coalesce(sum(ruling.value_usd) filter (where ruling.exclusion is null), 0)
                - coalesce(sum(ruling.said_value_usd) filter (where ruling.is_said_counted), 0))::decimal(38, 6) as added_usd,
            count(*) filter (where ruling.exclusion is null and ruling.price_status = 'unknown')
                - count(*) filter (where ruling.said_status = 'unknown') as added_unpriced,
            count(*) filter (where ruling.exclusion is null and ruling.price_status in ('quarantined', 'unconfirmed'))
                - count(*) filter (where ruling.said_status = 'quarantined') as added_quarantined,
            count(*) filter (where ruling.exclusion <> 'receipt') as excluded_count,
            sum(ruling.value_usd) filter (where ruling.exclusion <> 'receipt') as excluded_usd,
            count(*) filter (where ruling.exclusion is null and ruling.price_status = 'stale') as stale_count,
            sum(abs(ruling.value_usd)) filter (where ruling.exclusion is null and ruling.price_status = 'stale') as stale_usd,
            coalesce(
                min(ruling.withheld) filter (where ruling.exclusion is null and ruling.withheld = 'receipt_uncovered'),
                min(ruling.withheld) filter (where ruling.exclusion is null)
            ) as withheld,
            sum(ruling.stand_in_usd) filter (where ruling.exclusion is null and ruling.withheld is not null) as stand_in_usd,
            sum(abs(ruling.stand_in_usd)) filter (where ruling.exclusion is null and ruling.withheld is not null) as stand_in_gross_usd
        from ruling
        where ruling.is_ruled
        group by all
    ),
    part as (
        select cell.* exclude (value_usd, unpriced_count, quarantined_count),
            -- zero: what rules add to a cell, and counts, of which there may be none
            cell.value_usd + coalesce(ruled.added_usd, 0) as whole_usd,
            cell.unpriced_count + coalesce(ruled.added_unpriced, 0) as unpriced_count,
            cell.quarantined_count + coalesce(ruled.added_quarantined, 0) as quarantined_count,
            coalesce(ruled.excluded_count, 0) as excluded_count, ruled.excluded_usd,
            coalesce(ruled.stale_count, 0) as stale_count, ruled.stale_usd,
            ruled.withheld, ruled.stand_in_usd, ruled.stand_in_gross_usd,
            cell.doubt is null and (
                cell.outcome = 'answered'
                or (
                    cell.outcome = 'empty'
                    and (
                        cell.observed_at <= cell.as_of + to_minutes(snapshot.grace_minutes)
                        or exists (
                            from tick_neighbour
                            join cell as beside
                                on beside.as_of in (tick_neighbour.previous_as_of, tick_neighbour.next_as_of)
                            where tick_neighbour.as_of = cell.as_of
                                and beside.provider = cell.provider
                                and beside.account_id = cell.account_id
                                and beside.chain_id = cell.chain_id
                                and beside.layer = cell.layer
                                and beside.outcome = 'empty'
                        )
                    )
                )
            ) as is_trusted
        from cell
        left join ruled using (as_of, provider, pull_key, account_id, chain_id, layer)
        join snapshot on snapshot.as_of = cell.as_of
    ),
    whole as (
        select
            part.as_of, part.provider, part.account_id, part.chain_id, part.layer,
            bool_and(part.is_trusted) as is_trusted,
            min(part.record_rank) as record_rank,
            min(case
                when part.outcome = 'failed' then 'failed:' || part.reason
                when part.outcome = 'not_available' then 'not_available:' || part.reason
                when part.doubt is not null then 'suspect:' || part.doubt
                else 'unconfirmed_empty'
            end) filter (where not part.is_trusted) as reason,
            sum(part.whole_usd)::decimal(38, 6) as whole_usd,
            sum(part.stated_value_usd) as stated_value_usd,
            sum(part.row_count)::integer as row_count,
            sum(part.unpriced_count)::integer as unpriced_count,
            sum(part.quarantined_count)::integer as quarantined_count,
            sum(part.excluded_count)::integer as excluded_count,
            sum(part.excluded_usd)::decimal(38, 6) as excluded_usd,
            sum(part.row_count - part.excluded_count)::integer as held_count,
            sum(part.row_count - part.excluded_count - part.unpriced_count - part.quarantined_count)::integer as valued_count,
            sum(part.stale_count)::integer as stale_count,
            sum(part.stale_usd)::decimal(38, 6) as stale_usd,
            coalesce(min(part.withheld) filter (where part.withheld = 'receipt_uncovered'), min(part.withheld)) as withheld,
            sum(part.stand_in_usd)::decimal(38, 6) as stand_in_usd,
            sum(part.stand_in_gross_usd)::decimal(38, 6) as stand_in_gross_usd,
            max(part.observed_at) as observed_at,
            min(part.effective_at) as effective_at
        from part
        group by part.as_of, part.provider, part.account_id, part.chain_id, part.layer
    ),
    counted as (
        select whole.*,
            count(*) filter (where whole.is_trusted) over recent as good,
            count(*) filter (where not whole.is_trusted) over recent as bad
        from whole
        window recent as (
            partition by whole.provider, whole.account_id, whole.chain_id, whole.layer
            order by whole.as_of
            rows between 2 preceding and current row
        )
    )
select
    counted.as_of, counted.provider, counted.account_id, counted.chain_id, counted.layer, counted.is_trusted,
    coalesce(
        last_value(case when counted.good = 3 then true when counted.bad = 3 then false end ignore nulls) over (
            partition by counted.provider, counted.account_id, counted.chain_id, counted.layer
            order by counted.as_of
            rows between unbounded preceding and current row
        ),
        true
    ) as is_in_office,
    counted.record_rank, counted.reason,
    case when counted.held_count = 0 or counted.valued_count > 0 then counted.whole_usd end as value_usd,
    counted.stated_value_usd, counted.row_count, counted.unpriced_count, counted.quarantined_count,
    counted.excluded_count, counted.excluded_usd, counted.held_count, counted.valued_count, counted.stale_count, counted.stale_usd,
    counted.withheld, counted.stand_in_usd, counted.stand_in_gross_usd, counted.observed_at, counted.effective_at
from counted
