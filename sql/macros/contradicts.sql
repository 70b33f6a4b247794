-- macro: Whether two statements of one value differ by more than a dollar and by more than one percent of the larger.
-- parameter stated: What is stated, US dollars; NULL contradicts nothing.
-- parameter parts: What it is made of, US dollars; where none of it has a value, anything above a dollar contradicts that.
create or replace macro contradicts(stated, parts) as (
    stated is not null
    and case
        when parts is null then abs(stated) > 1
        else abs(stated - parts) > greatest(1, 0.01 * greatest(abs(stated), abs(parts)))
    end
)
