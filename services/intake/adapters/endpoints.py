"""The endpoints of webhooks: who may send, with which secrets, and what their fields mean."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from services.intake.tables import endpoint as table
from shared.refusals import Refused
from shared.runtime.entropy import Entropy
from shared.runtime.key_files import NONCE_BYTES, Keyring
from shared.store.database import Database

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint without its secrets."""

    id: str
    source: str
    name: str
    scheme: str
    mapping: str
    owner: str
    created_at: str
    created_by: str
    closed_at: str | None
    rotating: bool
    refused: int
    refused_at: str | None
    refused_reason: str | None


class Endpoints:
    """The endpoints of one installation. Their secrets lie wrapped under the master key."""

    def __init__(self, database: Database, master: Keyring, entropy: Entropy) -> None:
        self._database, self._master, self._entropy = database, master, entropy

    def new_secret(self, endpoint_id: str, at: str) -> str:
        """A secret of 256 random bits, in base64: that suits every scheme."""
        return base64.b64encode(self._entropy.draw(SECRET_BYTES, "endpoint-secret", endpoint_id, at)).decode()

    async def create(self, endpoint_id: str, secret: str, request: bytes, **values: Any) -> bool:
        """A new endpoint, made by the request of that digest; False where that request made it before.

        Raises `Refused("idempotency-reused")` where another request did.
        """
        wrapped = self._wrapped(endpoint_id, secret)
        row = {"id": endpoint_id, "secret_now": wrapped, "refused": 0, "request": request, **values}

        def make(connection: Connection) -> bool:
            query = select(table.c.id, table.c.request).where(table.c.id == endpoint_id)
            if (made := connection.execute(query).first()) is None:
                connection.execute(insert(table).values(row))
                return True
            if made.request not in (None, request):
                raise Refused("idempotency-reused", "the key made another endpoint before")
            return False

        return await self._database.transact(make)

    async def all(self) -> Sequence[Endpoint]:
        """Every endpoint, also those closed, oldest first."""
        query = select(table).order_by(table.c.created_at, table.c.id)
        async with self._database.reading() as connection:
            return [_endpoint(row._mapping) for row in await connection.execute(query)]

    async def one(self, endpoint_id: str) -> Endpoint:
        """The endpoint; raises `Refused("not-found")`."""
        return _endpoint(await self._row(endpoint_id))

    async def secrets(self, endpoint_id: str) -> list[str]:
        """The secrets that count now: the one in force, and while it is replaced the next one."""
        row = await self._row(endpoint_id)
        return [self._unwrapped(endpoint_id, row[name]) for name in ("secret_now", "secret_next") if row[name]]

    async def rotate(self, endpoint_id: str, secret: str) -> None:
        """From now on both secrets count, until `finish`."""
        await self._change(endpoint_id, secret_next=self._wrapped(endpoint_id, secret))

    async def finish(self, endpoint_id: str) -> None:
        """The next secret takes the place of the one in force. Raises `wrong-state` where there is no next one."""
        row = await self._row(endpoint_id)
        if row["secret_next"] is None:
            raise Refused("wrong-state", "no rotation is under way")
        await self._change(endpoint_id, secret_now=row["secret_next"], secret_next=None)

    async def set_mapping(self, endpoint_id: str, mapping: str) -> None:
        """Use another mapping from now on."""
        await self._change(endpoint_id, mapping=mapping)

    async def close(self, endpoint_id: str, at: str) -> None:
        """Take nothing there any more."""
        await self._change(endpoint_id, closed_at=at)

    async def note_refusal(self, endpoint_id: str, reason: str, at: str) -> None:
        """A delivery failed its signature."""
        await self._change(endpoint_id, refused=table.c.refused + 1, refused_at=at, refused_reason=reason)

    async def _row(self, endpoint_id: str) -> Any:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(table).where(table.c.id == endpoint_id))).mappings().first()
        if row is None:
            raise Refused("not-found", "no such endpoint")
        return row

    async def _change(self, endpoint_id: str, **values: Any) -> None:
        statement = update(table).where(table.c.id == endpoint_id).values(values)
        if not await self._database.transact(lambda connection: connection.execute(statement).rowcount):
            raise Refused("not-found", "no such endpoint")

    def _wrapped(self, endpoint_id: str, secret: str) -> str:
        nonce = self._entropy.draw(NONCE_BYTES, "endpoint-wrap", endpoint_id, secret)
        sealed = self._master.encrypt(secret.encode(), nonce, UUID(endpoint_id).bytes)
        return f"{self._master.current} {base64.b64encode(sealed).decode()}"

    def _unwrapped(self, endpoint_id: str, wrapped: str) -> str:
        key_id, _, sealed = wrapped.partition(" ")
        return self._master.decrypt(key_id, base64.b64decode(sealed), UUID(endpoint_id).bytes).decode()


def _endpoint(row: Any) -> Endpoint:
    fields = {name: row[name] for name in Endpoint.__slots__ if name != "rotating"}
    return Endpoint(**fields, rotating=row["secret_next"] is not None)
