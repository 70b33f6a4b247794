-- How prices are believed, as the settings say: how long the last believed one stands in, and which coins are worth a fixed sum of money.

create table pricing (
    carry_hours integer not null,
    stablecoins varchar[] not null
);

comment on table pricing is 'One row a portfolio: how prices are believed, as the settings say.';
comment on column pricing.carry_hours is 'For how many hours the last believed price stands in, and a leap may be confirmed.';
comment on column pricing.stablecoins is 'Coins that are worth a fixed sum of money, as CAIP-19 types: their prices leap sooner.';
