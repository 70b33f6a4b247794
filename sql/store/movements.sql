-- claim: Adds the changes of `pending_step` up by cell, and says where a flows file covers the step.
delete from movement where movement.as_of in (select pending_step.as_of from pending_step);
insert into movement by name
select change.as_of, change.previous_as_of, change.account_id, change.chain_id, change.layer,
    sum(change.price_effect_usd) as price_effect_usd, sum(change.accrual_usd) as accrual_usd,
    sum(change.income_usd) as income_usd, sum(change.fee_usd) as fee_usd, sum(change.flow_usd) as flow_usd,
    sum(change.scope_usd) as scope_usd, sum(change.entry_usd) as entry_usd, sum(change.revaluation_usd) as revaluation_usd,
    sum(change.ambiguous_usd) as ambiguous_usd, count(*) filter (change.exit_price = 'opening') as exit_count,
    bool_or(classified_step.as_of is not null) as is_classified
from change
left join classified_step
    on classified_step.as_of = change.as_of and classified_step.account_id = change.account_id
    and classified_step.chain_id = change.chain_id
where change.as_of in (select pending_step.as_of from pending_step)
group by change.as_of, change.previous_as_of, change.account_id, change.chain_id, change.layer;
