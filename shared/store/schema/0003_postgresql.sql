-- What an operator dropped from the derived tables (shared/log/dropped.py): beside view_control, so that rebuilds know it.
CREATE TABLE view_dropped (
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  bigint NOT NULL,
    digest         text NOT NULL,
    PRIMARY KEY (topic, partition, record_offset, digest)
)
