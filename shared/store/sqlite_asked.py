"""A statement that is asked again and again, compiled once."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Select


class Asked:
    """A statement as SQLite takes it. Its columns and parameters must be of types that the driver takes and gives."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled, columns = statement.compile(dialect=dialect), statement.selected_columns
        given = (bound.type.dialect_impl(dialect).bind_processor(dialect) for bound in compiled.binds.values())
        taken = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        if any((*given, *taken)):
            raise TypeError(f"needs SQLAlchemy between it and the driver: {compiled}")
        self._text, self._parameters = str(compiled), tuple(compiled.positiontup or ())
        self._names = tuple(column.key for column in columns)

    def rows(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Sequence[Mapping[Any, Any]]:
        """What it finds with these values."""
        found = connection.execute(self._text, [values[name] for name in self._parameters])
        return [dict(zip(self._names, row, strict=True)) for row in found]
