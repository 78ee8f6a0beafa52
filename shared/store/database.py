"""One database of a service: the one way to write its tables and the one way to read them, whatever the engine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Select
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class Database(Protocol):
    """Tables reached through SQLAlchemy. Every method raises `StoreUnavailable` when the engine can't be reached."""

    @property
    def engine_name(self) -> str:
        """`sqlite` or `postgresql`."""

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one write transaction, committed when it returns and rolled back when it raises.

        On SQLite it runs in the file's one writer thread, so it must not wait for anything but the database.
        """

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that sees one consistent state and can't write."""

    async def rows(self, statement: Select[Any], **values: Any) -> Sequence[Mapping[Any, Any]]:
        """The rows of one small statement that finds by key, with values for its parameters; what may be much is read
        through `reading`."""

    def fault(self, error: Exception) -> Exception | None:
        """`StoreUnavailable` or `StoreFull` if that is what an error raised inside `work` means, else None."""

    async def close(self) -> None:
        """Let go of every connection."""
