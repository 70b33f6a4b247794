-- What a doubt can be, said in full: a debt that comes as an asset is one too.

comment on column cell.doubt is 'Why the answer is not believed yet: vanished, flipped, or none.';
comment on column cell_superseded.doubt is 'Why the answer is not believed yet: vanished, flipped, or none.';
