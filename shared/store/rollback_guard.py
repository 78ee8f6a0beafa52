"""The rollback guard's word, kept beside the events and asked by every append in its own transaction (reliability C5).

A log that was rolled back must not be signed or appended to. The signer finds out, by asking the witnesses; the store
holds every process to the answer. A store with witnesses takes nothing before they were asked in this *serving* of the
database: since its server was started, or in an SQLite file by this handle, which one process holds. However an older
copy comes back, it is served anew.
"""

from dataclasses import dataclass

from sqlalchemy import Boolean, ColumnElement, Connection, Select, select, text, update

from shared.store.database import Database
from shared.store.tables import log_guard as table

APPEND_LOCK = 4715600212389713
"""The advisory lock under which `append_batch` works (`schema/0001_postgresql.sql`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the guard says of a store.

    `witnessed`: somebody outside remembers its heads; `asked`: they were asked in this serving; `silent`: why one of
    them did not answer then, else None; `frozen`: why nothing is appended any more, else None.
    """

    witnessed: bool
    asked: bool
    silent: str | None
    frozen: str | None

    @property
    def held(self) -> bool:
        """Whether appends wait for the witnesses to be asked."""
        return self.witnessed and not self.asked


class RollbackGuard:
    """The guard of one store. `serving` is SQL for the name of the present serving of its database."""

    def __init__(self, database: Database, serving: ColumnElement[str]) -> None:
        self._database = database
        self._serving = serving

    async def standing(self) -> Standing:
        """How the guard stands now; raises `StoreUnavailable`."""
        async with self._database.reading() as connection:
            return Standing(**(await connection.execute(self._select())).mappings().one())

    async def freeze(self, reason: str) -> None:
        """From the return on nothing is appended, by no process, for the first such reason."""

        def mark(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":  # the batch under way ends first; SQLite has one writer
                connection.execute(text(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"))
            connection.execute(update(table).where(table.c.frozen.is_(None)).values(frozen=reason))

        await self._database.transact(mark)

    async def passed(self, *, witnessed: bool, silent: str | None) -> Standing:
        """The witnesses were asked, and none knows of another log; returns how the guard stands now.

        A frozen store is taken up again only when all have answered, so not by sending its witness away.
        """

        def note(connection: Connection) -> Standing:
            if silent is None:
                vouched = [] if witnessed else [table.c.witnessed.is_(False)]
                connection.execute(update(table).where(*vouched).values(frozen=None))
            connection.execute(update(table).values(witnessed=witnessed, asked=self._serving, silent=silent))
            return Standing(**connection.execute(self._select()).mappings().one())

        return await self._database.transact(note)

    def _select(self) -> Select[bool, bool, str | None, str | None]:
        asked = (table.c.asked == self._serving).cast(Boolean).label("asked")
        return select(table.c.witnessed, asked, table.c.silent, table.c.frozen)
