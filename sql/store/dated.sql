-- claim: Chooses the step of each flow of which only the day is known: of the steps of that day the last, unless exactly one matches.
-- A step matches where the account's implied flow of that asset is worth what the flow is, by its sign, up to a dollar or a percent.
-- If one step of such a day is pending, all are (pending.sql). Their changes exist before the choice is made, so it does not depend on how instants are grouped.
insert into dated_flow
with
    stepped as (
        select step.as_of, min(step.previous_as_of) as previous_as_of, step.account_id, step.chain_id
        from cell_step as step
        where step.previous_as_of is not null
            and step.account_id in (select flow.account_id from flow where flow.is_date_only)
        group by step.as_of, step.account_id, step.chain_id
    ),
    numbered as (
        select flow.*, row_number() over (order by flow.account_id, flow.moved_at, flow.asset_id, flow.kind, flow.amount_exact, flow.note) as number
        from flow
        where flow.is_date_only and flow.kind in ('deposit', 'withdrawal', 'internal')
    ),
    possible as (
        select numbered.number, numbered.account_id, numbered.asset_id, numbered.kind, numbered.amount,
            stepped.as_of, stepped.previous_as_of, stepped.chain_id
        from numbered
        join stepped
            on stepped.account_id = numbered.account_id and numbered.asset_id like stepped.chain_id || '/%'
            and stepped.previous_as_of < numbered.moved_at + interval 1 day and stepped.as_of > numbered.moved_at
    ),
    implied as (
        select change.as_of, change.account_id, change.chain_id, change.asset_id, sum(change.flow_usd)::decimal(38, 6) as flow_usd
        from change
        where (change.as_of, change.account_id, change.asset_id) in (
            select (possible.as_of, possible.account_id, possible.asset_id) from possible
        )
        group by change.as_of, change.account_id, change.chain_id, change.asset_id
    ),
    priced as (
        select possible.number, possible.as_of,
            arg_min(holding.price_usd, (holding.as_of < possible.as_of, holding.provider)) as price_usd
        from possible
        join holding
            on holding.as_of in (possible.as_of, possible.previous_as_of) and holding.asset_id = possible.asset_id
            and holding.price_status = 'priced'
        group by possible.number, possible.as_of
    ),
    judged as (
        select possible.*,
            coalesce(
                is_worth(
                    case possible.kind when 'internal' then abs(implied.flow_usd) when 'withdrawal' then -implied.flow_usd else implied.flow_usd end,
                    possible.amount * priced.price_usd
                ),
                false
            ) as is_match
        from possible
        left join implied using (as_of, account_id, chain_id, asset_id)
        left join priced using (number, as_of)
    )
select judged.account_id, judged.chain_id, judged.asset_id, judged.kind, judged.amount,
    case
        when count(*) filter (judged.is_match) = 1 then max(judged.as_of) filter (judged.is_match)
        else max(judged.as_of)
    end as as_of
from judged
group by judged.number, judged.account_id, judged.chain_id, judged.asset_id, judged.kind, judged.amount;
