-- claim: Token lists and price sources state the decimals that a token's contract has; where they differ the contract's count.
select figure.as_of, figure.provider, figure.pull_key, figure.subject as asset_id, figure.words as stated
from figure
where figure.measure in ('listed_decimals', 'price_source_decimals') and figure.as_of between $since and $until
