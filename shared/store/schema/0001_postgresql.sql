-- Revision 0001 on PostgreSQL: the log of facts and what serves it. Statements are parted by lines that say "-- next".
CREATE TABLE event (
    pos           bigint PRIMARY KEY,
    event_id      uuid NOT NULL UNIQUE,
    stream        text NOT NULL,
    ver           integer NOT NULL,
    type          text NOT NULL,
    partitionkey  text NOT NULL,
    recordedtime  timestamptz NOT NULL,
    body          bytea NOT NULL,
    leaf          bytea NOT NULL,
    UNIQUE (stream, ver)
)
-- next
-- `next_position` counts every event ever appended: positions are dense because a rollback gives the number back
CREATE TABLE log_head (
    one            integer PRIMARY KEY CHECK (one = 1),
    next_position  bigint NOT NULL,
    recordedtime   timestamptz
)
-- next
INSERT INTO log_head VALUES (1, 0, NULL)
-- next
CREATE TABLE idempotency_key (
    scope         text NOT NULL,
    value         text NOT NULL,
    digest        bytea NOT NULL,
    position      bigint,
    count         integer NOT NULL,
    version       integer,
    recordedtime  timestamptz NOT NULL,
    answer        text NOT NULL,
    PRIMARY KEY (scope, value)
)
-- next
CREATE TABLE installation (
    one           integer PRIMARY KEY CHECK (one = 1),
    installation  text NOT NULL,
    service       text NOT NULL,
    domain        text NOT NULL
)
-- next
CREATE TABLE checkpoint (
    size       bigint PRIMARY KEY,
    root       bytea NOT NULL,
    note       bytea NOT NULL,
    signed_at  double precision NOT NULL
)
-- next
CREATE TABLE relay_cursor (
    topic     text PRIMARY KEY,
    position  bigint NOT NULL,
    epoch     bigint NOT NULL
)
-- next
CREATE TABLE lease (
    name        text PRIMARY KEY,
    holder      text NOT NULL,
    epoch       bigint NOT NULL,
    expires_at  double precision NOT NULL
)
-- next
CREATE TABLE consumer_progress (
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    next_offset    bigint NOT NULL,
    epoch          bigint NOT NULL,
    last_event     text,
    PRIMARY KEY (consumer, topic, partition)
)
-- next
CREATE TABLE set_aside (
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  bigint NOT NULL,
    record_key     bytea NOT NULL,
    value          bytea NOT NULL,
    headers        text NOT NULL,
    reason         text,
    tries          integer NOT NULL,
    PRIMARY KEY (consumer, topic, partition, record_offset)
)
-- next
CREATE TABLE workflow_start (
    workflow_id  text PRIMARY KEY,
    kind         text NOT NULL,
    event_id     text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'done')),
    tries        integer NOT NULL DEFAULT 0,
    reason       text
)
-- next
CREATE INDEX workflow_start_pending ON workflow_start (workflow_id) WHERE state = 'pending'
-- next
-- which slot of the derived tables is live (shared/log/views.py): here, because the application makes schemas of its own
-- for the slots, but no table in this one, where append_batch looks names up
CREATE TABLE view_control (
    one         integer PRIMARY KEY,
    live        text NOT NULL,
    definition  text NOT NULL,
    builder     text NOT NULL
)
-- next
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
-- next
CREATE FUNCTION refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.next_position >= OLD.next_position
       AND (OLD.recordedtime IS NULL OR NEW.recordedtime >= OLD.recordedtime) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'log_head only grows' USING ERRCODE = 'restrict_violation';
END $$
-- next
CREATE TRIGGER log_head_only_grows BEFORE UPDATE OR DELETE ON log_head FOR EACH ROW EXECUTE FUNCTION refuse_shrinking()
-- next
CREATE TRIGGER log_head_stays BEFORE TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
-- next
-- One batch of commands (reliability C1): decided as a whole, refused one by one. The lock comes first because it is
-- fair, the counter second because a rollback burns no number. Arrays c_* hold one element per command, s_* one per
-- stream that a command names, e_* one per event; s_command and e_command say whose they are, counted from 1.
-- No two commands of a batch share a stream, a key or an event id. `given_now` stands in for the server's clock.
CREATE FUNCTION append_batch(
    given_now timestamptz,
    c_scope text[], c_value text[], c_digest bytea[], c_answer text[], c_count integer[], c_version integer[],
    s_command integer[], s_stream text[], s_expected integer[], s_partitionkey text[],
    e_command integer[], e_id uuid[], e_stream text[], e_ver integer[], e_type text[], e_partitionkey text[],
    e_head bytea[], e_tail bytea[]
) RETURNS TABLE (
    outcome text, "position" bigint, count integer, version integer, recordedtime timestamptz, answer text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    recorded timestamptz;
    stamp bytea;
    outcomes text[];
    firsts bigint[];
    total bigint;
    first_position bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(4715600212389713);
    SELECT greatest(coalesce(given_now, clock_timestamp()), h.recordedtime) INTO STRICT recorded FROM log_head h;
    stamp := convert_to(to_char(recorded AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8');

    SELECT array_agg(
        CASE
            WHEN k.digest = c.digest THEN 'replayed'
            WHEN k.digest IS NOT NULL THEN 'key-reused'
            WHEN s.stale THEN 'version-conflict'
            WHEN s.moved THEN 'partition-key-moved'
            WHEN e.command IS NOT NULL THEN 'event-exists'
            ELSE 'appended'
        END ORDER BY c.command)
    INTO outcomes
    FROM unnest(c_scope, c_value, c_digest) WITH ORDINALITY AS c (scope, value, digest, command)
    LEFT JOIN idempotency_key k ON k.scope = c.scope AND k.value = c.value
    LEFT JOIN (
        SELECT named.command,
               bool_or(coalesce(newest.ver, -1) <> named.expected) AS stale,
               bool_or(newest.partitionkey <> named.partitionkey) AS moved
        FROM unnest(s_command, s_stream, s_expected, s_partitionkey) AS named (command, stream, expected, partitionkey)
        LEFT JOIN LATERAL (
            SELECT ver, partitionkey FROM event WHERE event.stream = named.stream ORDER BY ver DESC LIMIT 1
        ) newest ON true
        GROUP BY named.command
    ) s ON s.command = c.command
    LEFT JOIN (
        SELECT DISTINCT new.command
        FROM unnest(e_command, e_id) AS new (command, id) JOIN event ON event.event_id = new.id
    ) e ON e.command = c.command;

    SELECT count(*) INTO total FROM unnest(e_command) AS e (command) WHERE outcomes[e.command] = 'appended';
    IF total > 0 THEN
        UPDATE log_head SET next_position = log_head.next_position + total, recordedtime = recorded
        RETURNING log_head.next_position - total INTO first_position;
        INSERT INTO event (pos, event_id, stream, ver, type, partitionkey, recordedtime, body, leaf)
        SELECT pos, id, stream, ver, type, partitionkey, recorded, body, sha256('\x00'::bytea || body)
        FROM (
            SELECT first_position + row_number() OVER (ORDER BY number) - 1 AS pos,
                   new.*, new.head || stamp || new.tail AS body
            FROM unnest(e_command, e_id, e_stream, e_ver, e_type, e_partitionkey, e_head, e_tail) WITH ORDINALITY
                 AS new (command, id, stream, ver, type, partitionkey, head, tail, number)
            WHERE outcomes[new.command] = 'appended'
            OFFSET 0  -- so that each body is put together once, not once per use
        ) placed;
        PERFORM pg_notify('gatehouse_grown', '');
    END IF;

    SELECT array_agg(first_position + before ORDER BY command) INTO firsts
    FROM (
        SELECT c.command,
               sum(CASE WHEN outcomes[c.command] = 'appended' THEN c.count ELSE 0 END) OVER (ORDER BY c.command)
               - c.count AS before
        FROM unnest(c_count) WITH ORDINALITY AS c (count, command)
    ) counted;

    INSERT INTO idempotency_key (scope, value, digest, position, count, version, recordedtime, answer)
    SELECT c.scope, c.value, c.digest, CASE WHEN c.count > 0 THEN firsts[c.command] END, c.count, c.version, recorded,
           c.answer
    FROM unnest(c_scope, c_value, c_digest, c_count, c_version, c_answer) WITH ORDINALITY
         AS c (scope, value, digest, count, version, answer, command)
    WHERE outcomes[c.command] = 'appended' AND c.scope IS NOT NULL;

    RETURN QUERY
    SELECT outcomes[c.command],
           CASE WHEN outcomes[c.command] = 'replayed' THEN k.position WHEN c.count > 0 THEN firsts[c.command] END,
           CASE WHEN outcomes[c.command] = 'replayed' THEN k.count ELSE c.count END,
           CASE WHEN outcomes[c.command] = 'replayed' THEN k.version ELSE c.version END,
           CASE WHEN outcomes[c.command] = 'replayed' THEN k.recordedtime ELSE recorded END,
           CASE WHEN outcomes[c.command] = 'replayed' THEN k.answer ELSE c.answer END
    FROM unnest(c_scope, c_value, c_count, c_version, c_answer) WITH ORDINALITY
         AS c (scope, value, count, version, answer, command)
    LEFT JOIN idempotency_key k ON k.scope = c.scope AND k.value = c.value
    ORDER BY c.command;
END $$
-- next
REVOKE EXECUTE ON FUNCTION append_batch FROM PUBLIC
