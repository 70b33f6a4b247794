-- claim: No answer lists a native coin and a contract that shows its balance with different amounts; the coin's own row counts.
select figure.as_of, figure.provider, figure.pull_key, figure.subject as asset_id, figure.words as listed_as
from figure
where figure.measure = 'contradicted_by' and figure.as_of between $since and $until
