-- The rollback guard's word, which every append asks (shared/store/rollback_guard.py). `asked` names the handle on this
-- file through which the witnesses were asked: an older copy put back is opened anew, so nothing is appended to it unasked.
CREATE TABLE log_guard (
    one        integer PRIMARY KEY CHECK (one = 1),
    witnessed  integer NOT NULL,
    asked      text NOT NULL,
    silent     text,
    frozen     text
) STRICT
-- next
INSERT INTO log_guard VALUES (1, 0, '', NULL, NULL)
