-- Revision 0001 on SQLite: the log of facts and what serves it. Statements are parted by lines that say "-- next".
CREATE TABLE event (
    pos           integer PRIMARY KEY,
    event_id      text NOT NULL UNIQUE,
    stream        text NOT NULL,
    ver           integer NOT NULL,
    type          text NOT NULL,
    partitionkey  text NOT NULL,
    recordedtime  text NOT NULL,
    body          blob NOT NULL,
    leaf          blob NOT NULL,
    UNIQUE (stream, ver)
) STRICT
-- next
-- `next_position` counts every event ever appended: positions are dense because a rollback gives the number back
CREATE TABLE log_head (
    one            integer PRIMARY KEY CHECK (one = 1),
    next_position  integer NOT NULL,
    recordedtime   text
) STRICT
-- next
INSERT INTO log_head VALUES (1, 0, NULL)
-- next
CREATE TABLE idempotency_key (
    scope         text NOT NULL,
    value         text NOT NULL,
    digest        blob NOT NULL,
    position      integer,
    count         integer NOT NULL,
    version       integer,
    recordedtime  text NOT NULL,
    answer        text NOT NULL,
    PRIMARY KEY (scope, value)
) STRICT
-- next
CREATE TABLE installation (
    one           integer PRIMARY KEY CHECK (one = 1),
    installation  text NOT NULL,
    service       text NOT NULL,
    domain        text NOT NULL
) STRICT
-- next
CREATE TABLE checkpoint (
    size       integer PRIMARY KEY,
    root       blob NOT NULL,
    note       blob NOT NULL,
    signed_at  real NOT NULL
) STRICT
-- next
CREATE TABLE relay_cursor (
    topic     text PRIMARY KEY,
    position  integer NOT NULL,
    epoch     integer NOT NULL
) STRICT
-- next
CREATE TABLE lease (
    name        text PRIMARY KEY,
    holder      text NOT NULL,
    epoch       integer NOT NULL,
    expires_at  real NOT NULL
) STRICT
-- next
CREATE TABLE consumer_progress (
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    next_offset    integer NOT NULL,
    epoch          integer NOT NULL,
    last_event     text,
    PRIMARY KEY (consumer, topic, partition)
) STRICT
-- next
CREATE TABLE set_aside (
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  integer NOT NULL,
    record_key     blob NOT NULL,
    value          blob NOT NULL,
    headers        text NOT NULL,
    reason         text,
    tries          integer NOT NULL,
    PRIMARY KEY (consumer, topic, partition, record_offset)
) STRICT
-- next
CREATE TABLE workflow_start (
    workflow_id  text PRIMARY KEY,
    kind         text NOT NULL,
    event_id     text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'done')),
    tries        integer NOT NULL DEFAULT 0,
    reason       text
) STRICT
-- next
CREATE INDEX workflow_start_pending ON workflow_start (workflow_id) WHERE state = 'pending'
-- next
-- INSERT OR REPLACE would delete without asking a trigger; so no row may be there already
CREATE TRIGGER event_only_added BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE pos = NEW.pos OR event_id = NEW.event_id OR (stream = NEW.stream AND ver = NEW.ver))
BEGIN SELECT RAISE(ABORT, 'event is append-only'); END
-- next
CREATE TRIGGER log_head_only_grows BEFORE UPDATE ON log_head
WHEN NEW.next_position < OLD.next_position OR NEW.recordedtime < OLD.recordedtime
BEGIN SELECT RAISE(ABORT, 'log_head only grows'); END
-- next
CREATE TRIGGER log_head_stays BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'log_head only grows'); END
