-- claim: Keeps which steps the changes were made of, before they are worked out anew.
create or replace temp table known_step as from cell_step;
