-- claim: Adds the ticks that the store does not know yet.
insert into tick by name
from incoming_tick
anti join tick using (as_of, cron)
