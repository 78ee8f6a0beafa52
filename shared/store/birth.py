"""What a store is given once, when it is first opened: its installation, service and domain."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from shared.store.database import Database
from shared.store.errors import WrongInstallation
from shared.store.tables import installation as table


@dataclass(frozen=True, slots=True)
class Birth:
    """Who a store is for all its life: a new folder is a new log, and a copy keeps the name of what it copies."""

    installation: str
    service: str
    domain: str

    @property
    def origin(self) -> str:
        """The log's origin (DESIGN 11)."""
        return f"{self.domain}/{self.service}"


async def born(database: Database, service: str, installation: str | None, domain: str | None) -> Birth:
    """The store's birth, now if it was never opened before; a random installation id unless one is given.

    Raises `WrongInstallation` when the store was born as another than is asked for.
    """
    if (birth := await _known(database)) is None:
        fresh = str(uuid4()) if installation is None else str(UUID(installation))
        newborn = birth = Birth(fresh, service, domain or f"{fresh}.gatehouse.local")
        try:
            await database.transact(lambda connection: _keep(connection, newborn))
        except IntegrityError:  # another process opened it first
            birth = await _known(database)
            assert birth is not None
    asked = (installation or birth.installation, service, domain or birth.domain)
    if asked != (birth.installation, birth.service, birth.domain):
        raise WrongInstallation(f"born as {birth}, asked for {asked}")
    return birth


async def _known(database: Database) -> Birth | None:
    async with database.reading() as connection:
        row = (await connection.execute(select(table.c.installation, table.c.service, table.c.domain))).one_or_none()
    return None if row is None else Birth(*row)


def _keep(connection: Connection, birth: Birth) -> None:
    connection.execute(
        insert(table).values(
            one=1,
            installation=birth.installation,
            service=birth.service,
            domain=birth.domain,
        )
    )
