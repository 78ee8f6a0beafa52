"""How derived rows are made from a batch of facts: read the rows concerned once, fold in memory, write them once.

A folded row is changed by the facts of one partition alone, so what comes out does not depend on how partitions
interleave; an added row never changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Table

from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key, kept, put
from services.reporting.domain.histories import read, written

R = TypeVar("R", bound=msgspec.Struct)


class View(Protocol):
    """A derived table and how it takes in facts."""

    @property
    def table(self) -> Table:
        """The table it writes."""

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """Bring the table up to date with the facts of the batch, in their order."""


@dataclass(frozen=True, slots=True)
class Added:
    """A table to which facts only ever add rows."""

    table: Table
    rows: Callable[[Heard], Iterable[Mapping[str, Any]]]

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """See `View`."""
        put(connection, self.table, [row for heard in batch for row in self.rows(heard)])


@dataclass(frozen=True, slots=True)
class Folded(Generic[R]):
    """A table whose rows are folded from facts. `row` is their type, which has the table's columns as its fields.

    `keys` names the rows that a fact changes, `fresh` makes one that is not there yet, `fold` changes it. A row with a
    `history` of that type holds it as it is while a batch is folded; its text is read and written once, and once at the
    end `settle` derives from it what the row says of it.
    """

    table: Table
    row: type[R]
    keys: Callable[[Heard], Iterable[Key]]
    fresh: Callable[[Key], R]
    fold: Callable[[R, Heard], R]
    history: Any = None
    settle: Callable[[R], R] = lambda row: row

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """See `View`."""
        concerned = [(heard, key) for heard in batch for key in self.keys(heard)]
        if not concerned:
            return
        keys = list(dict.fromkeys(key for _, key in concerned))
        rows = {key: self._told(row) for key, row in kept(connection, self.table, keys)}
        before = dict(rows)
        for heard, key in concerned:
            rows[key] = self.fold(rows.get(key) or self.fresh(key), heard)
        changed = [self._kept(self.settle(row)) for key, row in rows.items() if row != before.get(key)]
        put(connection, self.table, changed, replacing=True)

    def _told(self, row: Mapping[str, Any]) -> R:
        if self.history is None:
            return self.row(**row)
        return self.row(**{**row, "history": read(row["history"], self.history)})

    def _kept(self, row: R) -> Mapping[str, Any]:
        columns = msgspec.structs.asdict(row)
        return columns if self.history is None else columns | {"history": written(columns["history"])}
