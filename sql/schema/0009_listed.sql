-- Which tokens a token list names: what stands in none and is known to one source alone needs more than a price to count.

create table listed (
    asset_id varchar not null
);

comment on table listed is 'One row a token that the list that ships, a token list of the settings or the settings themselves name.';
comment on column listed.asset_id is 'The token as its CAIP-19 type.';
