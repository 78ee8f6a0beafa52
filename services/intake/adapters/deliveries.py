"""What webhooks delivered: the raw bytes by their digest, and what became of each delivery."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from services.intake.tables import delivery as table
from services.intake.tables import kept_body
from shared.refusals import Refused
from shared.store.database import Database

LONGEST_SIGN: Final = 500
"""Characters of a repeat's sign that are kept as they came: an index holds no more than some thousands of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One verified delivery. `state`: received, done, ignored or unmappable; `reason` says why, or what was odd."""

    id: str
    endpoint_id: str
    dedupe: str
    digest: str
    headers: str
    received_at: str
    record: str | None
    label: str | None
    event: str | None
    source_time: str | None
    state: str
    outcome: str | None
    reason: str | None
    tries: int
    system_id: str | None
    intake_id: str | None
    erased_at: str | None


class Deliveries:
    """The deliveries of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self, endpoint_id: str, dedupe: str, body: bytes, headers: Mapping[str, str], at: str
    ) -> tuple[Delivery, bool]:
        """Keep a delivery and its body, durably; a repeat (by its own sign or by its bytes) gives the first one.

        The second value says whether it is new.
        """
        digest = hashlib.sha256(body).hexdigest()
        if len(dedupe) > LONGEST_SIGN:
            dedupe = f"sha256:{hashlib.sha256(dedupe.encode('utf-8', 'surrogatepass')).hexdigest()}"
        row = {
            "id": str(uuid4()),
            "endpoint_id": endpoint_id,
            "dedupe": dedupe,
            "digest": digest,
            "headers": json.dumps(dict(headers)),
            "received_at": at,
            "state": "received",
            "tries": 0,
        }

        def kept(connection: Connection) -> tuple[Delivery, bool]:
            same = or_(table.c.dedupe == dedupe, table.c.digest == digest)
            first = connection.execute(select(table).where(table.c.endpoint_id == endpoint_id, same)).first()
            if first is not None:
                return _delivery(first), False
            there = connection.execute(_bytes_of(digest)).first()
            if there is None:
                connection.execute(insert(kept_body).values(digest=digest, size=len(body), body=body))
            elif there.body is None:
                connection.execute(_of_body(digest).values(body=body, erased_at=None))
            connection.execute(insert(table).values(row))
            return _delivery(connection.execute(select(table).where(table.c.id == row["id"])).one()), True

        try:
            return await self._database.transact(kept)
        except IntegrityError:  # the same delivery came twice at once, and the other one was first
            return await self._database.transact(kept)

    async def one(self, endpoint_id: str, delivery_id: str) -> Delivery:
        """The delivery; raises `Refused("not-found")`."""
        query = select(table).where(table.c.id == delivery_id, table.c.endpoint_id == endpoint_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise Refused("not-found", "no such delivery")
        return _delivery(row)

    async def body(self, delivery: Delivery) -> bytes | None:
        """The raw bytes; None where they were erased."""
        if delivery.erased_at is not None:
            return None
        async with self._database.reading() as connection:
            body = await connection.execute(select(kept_body.c.body).where(kept_body.c.digest == delivery.digest))
            found: bytes | None = body.scalar_one()
            return found

    async def erase_body(self, delivery: Delivery, at: str) -> None:
        """Take the raw bytes from a delivery; the digest stays. The bytes are destroyed with the last delivery of them:
        those that another endpoint received are its own."""
        erased = update(table).where(table.c.id == delivery.id, table.c.erased_at.is_(None)).values(erased_at=at)
        others = select(table.c.id).where(table.c.digest == delivery.digest, table.c.erased_at.is_(None))

        def erase(connection: Connection) -> None:
            connection.execute(_bytes_of(delivery.digest))  # holds off who keeps or erases the same bytes
            connection.execute(erased)
            if connection.execute(others.limit(1)).first() is None:
                connection.execute(_of_body(delivery.digest).values(body=None, erased_at=at))

        await self._database.transact(erase)

    async def settle(self, delivery_id: str, state: str, **values: Any) -> None:
        """Say what became of a delivery."""
        statement = update(table).where(table.c.id == delivery_id)
        changed = statement.values(state=state, tries=table.c.tries + 1, **values)
        await self._database.transact(lambda connection: connection.execute(changed))

    async def of(self, endpoint_id: str, state: str | None, limit: int) -> Sequence[Delivery]:
        """The newest deliveries of an endpoint, in one state if one is named."""
        query = select(table).where(table.c.endpoint_id == endpoint_id)
        if state is not None:
            query = query.where(table.c.state == state)
        return await self._all(query.order_by(table.c.received_at.desc(), table.c.id).limit(limit))

    async def left_over(self, before: str, limit: int) -> Sequence[Delivery]:
        """Deliveries that arrived before an instant and were not carried out, oldest first."""
        return await self._oldest(table.c.state == "received", table.c.received_at < before, limit=limit)

    async def unmappable(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        """Deliveries of an endpoint that could not be mapped, oldest first."""
        return await self._oldest(table.c.state == "unmappable", table.c.endpoint_id == endpoint_id, limit=limit)

    async def _oldest(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[Delivery]:
        query = select(table).where(*conditions)
        return await self._all(query.order_by(table.c.received_at, table.c.id).limit(limit))

    async def deletions(self, endpoint_id: str, record: str) -> Sequence[tuple[datetime | None, datetime]]:
        """When the source told that the record is gone, by its clock (where it says) and by ours."""
        gone = (table.c.endpoint_id == endpoint_id) & (table.c.record == record) & (table.c.event == "deleted")
        found = await self._database.rows(select(table.c.source_time, table.c.received_at).where(gone))
        read = datetime.fromisoformat
        return [(row["source_time"] and read(row["source_time"]), read(row["received_at"])) for row in found]

    async def _all(self, query: Any) -> Sequence[Delivery]:
        async with self._database.reading() as connection:
            return [_delivery(row) for row in await connection.execute(query)]


def _bytes_of(digest: str) -> Select[Any]:
    return select(kept_body).where(kept_body.c.digest == digest).with_for_update()


def _of_body(digest: str) -> Update:
    return update(kept_body).where(kept_body.c.digest == digest)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{name: row._mapping[name] for name in Delivery.__slots__})
