-- How prices are believed, as the settings say: how long the last believed one stands in, and which coins are worth a fixed sum of money.

create table price_policy (
    carry_hours integer not null,
    stablecoins varchar[] not null
);

comment on table price_policy is 'One row: how prices are believed, as the settings say.';
comment on column price_policy.carry_hours is 'For how many hours the last believed price stands in, and a leap may be confirmed.';
comment on column price_policy.stablecoins is 'Coins that are worth a fixed sum of money, as CAIP-19 types: their prices leap sooner.';
