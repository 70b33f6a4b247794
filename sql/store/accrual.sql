-- claim: Makes `accrued`, one row a holding that can accrue in a step: how much of what it moved is accrual, and how much of that is ambiguous.
-- Decided for an account, an asset group and a step: either what the holdings that can accrue show is accrual, or that with
-- what the account moved of the same assets beside them. Of these, what lies inside the bound and nearer to the expected is it; without
-- history the smaller. Where neither does, what another own account moved against it is tried, then the expected stands,
-- then nothing. Nothing is cut to fit.
create or replace temp table accrued as
with
    bound as (
        select step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id,
            list_sum(list(growth.lowest order by growth.number, growth.position_id, growth.asset_id)) as lowest,
            list_sum(list(growth.highest order by growth.number, growth.position_id, growth.asset_id)) as highest,
            list_sum(list(growth.expected order by growth.number, growth.position_id, growth.asset_id)) as expected
        from growth
        join step_row using (number, position_id, asset_id)
        where step_row.held_0 <> 0
        group by all
    ),
    candidate as (
        select group_step.*, bound.lowest, bound.highest, bound.expected, bound.highest - bound.lowest as width,
            group_step.own_moved + group_step.other_moved as net_moved,
            1e-9 * group_step.size as tolerance,
            group_step.own_moved between bound.lowest - tolerance and bound.highest + tolerance as is_own_inside,
            group_step.is_wallet_known and net_moved between bound.lowest - tolerance and bound.highest + tolerance as is_net_inside
        from group_step
        join bound using (as_of, previous_as_of, account_id, group_id)
    ),
    decided as (
        select candidate.*,
            case
                when candidate.is_own_inside and candidate.is_net_inside then
                    case
                        when abs(candidate.own_moved - candidate.net_moved) <= candidate.tolerance then 'own'
                        -- zero: without a rate the smaller is taken: nothing is expected
                        when (abs(candidate.own_moved - coalesce(candidate.expected, 0)), abs(candidate.own_moved))
                            -- zero: without a rate the smaller is taken: nothing is expected
                            <= (abs(candidate.net_moved - coalesce(candidate.expected, 0)), abs(candidate.net_moved)) then 'own'
                        else 'net'
                    end
                when candidate.is_own_inside then 'own'
                when candidate.is_net_inside then 'net'
            end as taken
        from candidate
    ),
    moved_by_account as (
        select step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id,
            list_sum(list(step_row.transferred order by step_row.number, step_row.position_id, step_row.asset_id)) as moved
        from step_row
        semi join (from decided where decided.taken is null) as open
            on open.as_of = step_row.as_of and open.previous_as_of = step_row.previous_as_of and open.group_id = step_row.group_id
        where step_row.is_measured and step_row.layer <> 'reward'
        group by all
    ),
    rest_of_account as (
        select moved_by_account.as_of, moved_by_account.previous_as_of, moved_by_account.account_id, moved_by_account.group_id,
            case decided.taken
                when 'own' then moved_by_account.moved - decided.own_moved when 'net' then moved_by_account.moved - decided.net_moved
                else moved_by_account.moved
            end as moved,
            -- zero: an account without a holding that can accrue, or whose accrual is decided, has nothing to share
            case when decided.taken is null then coalesce(decided.lowest, 0) else 0 end as lowest,
            case when decided.taken is null then coalesce(decided.highest, 0) else 0 end as highest,
            case when decided.taken is null then coalesce(decided.expected, 0) else 0 end as expected
        from moved_by_account
        left join decided using (as_of, previous_as_of, account_id, group_id)
    ),
    opposite as (
        select open.as_of, open.previous_as_of, open.account_id, open.group_id,
            open.net_moved + other.moved as together,
            case
                when open.width + other.highest - other.lowest > 0
                then together * open.width / (open.width + other.highest - other.lowest) else 0
            end as share
        from decided as open
        join rest_of_account as other
            on other.as_of = open.as_of and other.previous_as_of = open.previous_as_of and other.group_id = open.group_id
            and other.account_id <> open.account_id
        where open.taken is null and open.net_moved * other.moved < 0
            and together between open.lowest + other.lowest - open.tolerance and open.highest + other.highest + open.tolerance
        qualify row_number() over (
            partition by open.as_of, open.previous_as_of, open.account_id, open.group_id
            -- zero: without a rate nothing is expected
            order by abs(together - coalesce(open.expected, 0) - other.expected), other.account_id
        ) = 1
    ),
    settled as (
        select decided.*,
            case
                when decided.taken is not null then decided.taken
                when opposite.account_id is not null then 'opposite'
                when decided.expected is not null then 'expected'
                else 'none'
            end as method,
            case method
                when 'own' then decided.own_moved when 'net' then decided.net_moved when 'opposite' then opposite.share
                when 'expected' then decided.expected else 0
            end as accrual,
            case
                when method = 'opposite' then 0
                when method in ('expected', 'none') then decided.width
                when not decided.is_wallet_known then abs(decided.own_moved)
                when decided.is_own_inside and decided.is_net_inside then abs(decided.own_moved - decided.net_moved)
                else least(abs(decided.own_moved - decided.net_moved), decided.width)
            end as ambiguous
        from decided
        left join opposite using (as_of, previous_as_of, account_id, group_id)
    ),
    holding_in_group as (
        select growth.*, step_row.as_of, step_row.previous_as_of, step_row.account_id, step_row.group_id, step_row.moved, step_row.held_0,
            case when step_row.held_0 = 0 then 0 else growth.highest - growth.lowest end as width,
            step_row.held_0 <> 0 and step_row.moved between growth.lowest - 1e-9 * abs(step_row.held_0) and growth.highest + 1e-9 * abs(step_row.held_0)
                as is_inside
        from growth
        join step_row using (number, position_id, asset_id)
    ),
    weighted as (
        select one.*,
            -- zero: none of them inside its bound, or none outside
            coalesce(list_sum(list_sort(list(one.moved) filter (where one.is_inside) over of_group)), 0) as inside_moved,
            coalesce(list_sum(list_sort(list(one.width) filter (where not one.is_inside) over of_group)), 0) as outside_width,
            count(*) filter (where not one.is_inside and one.moved <> 0) over of_group as outside_count,
            list_sum(list_sort(list(one.width) over of_group)) as all_width,
            list_sum(list_sort(list(abs(one.expected)) over of_group)) as all_expected,
            case
                when bool_and(one.expected is not null or one.held_0 = 0) over of_group and all_expected > 0
                -- zero: what held nothing before is expected to grow by nothing
                then coalesce(abs(one.expected), 0) / all_expected
                when all_width > 0 then one.width / all_width
            end as share,
            row_number() over (of_group order by one.width desc, one.number, one.position_id, one.asset_id) as place
        from holding_in_group as one
        window of_group as (partition by one.as_of, one.previous_as_of, one.account_id, one.group_id)
    )
select weighted.number, weighted.position_id, weighted.asset_id, weighted.own_rate, weighted.net_rate,
    case
        -- zero: what could not grow did not
        when settled.method is null then 0
        when settled.method in ('expected', 'none') then case when weighted.is_inside then weighted.moved else coalesce(weighted.expected, 0) end
        when weighted.outside_width > 0 then
            case
                when weighted.is_inside then weighted.moved
                else (settled.accrual - weighted.inside_moved) * weighted.width / weighted.outside_width
            end
        when settled.method = 'own' and weighted.outside_count = 0 then weighted.moved
        -- zero: where nothing can grow, nothing is shared
        else settled.accrual * coalesce(weighted.share, 0)
    end as accrual,
    -- zero: the whole of it is told at one holding of the group
    case when weighted.place = 1 then coalesce(settled.ambiguous, 0) else 0 end as ambiguous
from weighted
left join settled using (as_of, previous_as_of, account_id, group_id);
