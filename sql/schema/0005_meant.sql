-- What a question means is one macro, `meant`, since then; those that said a part of it each are gone.
-- A name that no file under sql/ makes any more has to be dropped here: what else a store holds may be its owner's.

drop macro if exists scope_meant;
drop macro if exists spacing_meant;
drop macro if exists timerange_meant;
