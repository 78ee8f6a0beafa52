"""A projection: which tables are derived from which topics, and how."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, Index, MetaData
from sqlalchemy.schema import CreateTable

from shared.log.inbox import stream_seen
from shared.log.port import Record

SCHEMA = "view"
"""The schema under which a projection declares its tables; a connection translates it to one of two slots."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """What to derive from which topics. `apply` is pure: it reads the record, and reads and writes `metadata`'s tables
    through the connection; no clock, no randomness, no other I/O. `version` names its rules: a new one is a rebuild.

    `together`, where given, has the effect of `apply` on each of a batch's records in their order, only faster.
    """

    name: str
    topics: Sequence[str]
    metadata: MetaData
    version: str
    apply: Callable[[Connection, Record], None]
    together: Callable[[Connection, Sequence[Record]], None] | None = None

    def __post_init__(self) -> None:
        strays = [table.name for table in self.metadata.sorted_tables if table.schema != SCHEMA]
        keyless = [table.name for table in self.metadata.sorted_tables if not table.primary_key]
        if strays or keyless:
            raise ValueError(f"tables outside schema {SCHEMA!r}: {strays}; without primary key: {keyless}")

    @property
    def secondary_indexes(self) -> Sequence[Index]:
        """The indexes of its tables beside their primary keys: those who read need them, folding does not."""
        return [
            index
            for table in self.metadata.sorted_tables
            for index in sorted(table.indexes, key=lambda each: str(each.name))
        ]

    @cached_property  # every read and every batch asks for it
    def definition(self) -> str:
        """The digest of everything declared, and of how repeats are known; when it changes, what was derived before is
        not valid any more."""
        tables = [str(CreateTable(table)) for table in (*self.metadata.sorted_tables, stream_seen)]
        return hashlib.sha256("\n".join([self.name, self.version, *self.topics, *tables]).encode()).hexdigest()
