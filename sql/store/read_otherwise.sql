-- claim: Pulls that two stores read from the same answer by different versions of the code, by provider.
-- `{ours}` and `{theirs}` are filled in by warehouse/compare.py with the tables of pulls.
select ours.provider, theirs.normaliser_version as version_before, ours.normaliser_version as version_now, count(*) as pull_count
from {ours} as ours
join {theirs} as theirs using (as_of, provider, pull_key, attempt_id)
where ours.normaliser_version <> theirs.normaliser_version
group by all
order by all
