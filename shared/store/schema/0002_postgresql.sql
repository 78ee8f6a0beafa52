-- The rollback guard's word, which every append asks (shared/store/rollback_guard.py). `asked` names the serving of this
-- database in which the witnesses were asked: an older copy put back is served anew, so nothing is appended to it unasked.
CREATE TABLE log_guard (
    one        integer PRIMARY KEY CHECK (one = 1),
    witnessed  boolean NOT NULL,
    asked      text NOT NULL,
    silent     text,
    frozen     text
)
-- next
INSERT INTO log_guard VALUES (1, false, '', NULL, NULL)
-- next
-- A copy comes back by a server's start (files, a promoted replica), as another database, or by tables made again (a dump).
CREATE FUNCTION log_serving() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), d.oid, 'public.log_guard'::regclass::oid)
    FROM pg_database d WHERE d.datname = current_database()
$$
-- next
CREATE FUNCTION refuse_unguarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    guard log_guard;
BEGIN
    SELECT * INTO STRICT guard FROM log_guard;
    IF guard.frozen IS NOT NULL THEN
        RAISE EXCEPTION '%', guard.frozen USING ERRCODE = 'GH001';
    END IF;
    IF guard.witnessed AND guard.asked <> log_serving() THEN
        RAISE EXCEPTION 'the witnesses were not asked yet since the database was started' USING ERRCODE = 'GH002';
    END IF;
    RETURN NULL;
END $$
-- next
-- append_batch inserts into both, under its lock and whatever it decides, so that every batch is asked about
CREATE TRIGGER event_guarded BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_unguarded()
-- next
CREATE TRIGGER idempotency_key_guarded BEFORE INSERT ON idempotency_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unguarded()
