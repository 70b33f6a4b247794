-- Which tokens stand for what was lent or borrowed, whether or not a provider ever listed their position.

create table listedreceipt (
    asset_id varchar not null,
    receipt_of varchar not null,
    market_id varchar not null,
    protocol varchar,
    is_debt boolean not null
);

comment on table listedreceipt is 'One row a token that stands for an asset in a lending market, by the list that ships.';
comment on column listedreceipt.asset_id is 'The token as its CAIP-19 type.';
comment on column listedreceipt.receipt_of is 'The asset that it stands for as its CAIP-19 type.';
comment on column listedreceipt.market_id is 'The market''s contract as a CAIP-19 type.';
comment on column listedreceipt.protocol is 'The protocol, one word in lower case, none for a wrapped receipt.';
comment on column listedreceipt.is_debt is 'Whether the asset is owed, not owned.';
