"""Service keys: long-lived credentials of other systems, kept as digests, with grants as their scopes.

A key reads `ghk_<id>_<secret>`; its secret has 256 random bits, so a plain SHA-256 is enough: there is nothing to
guess, and a slow hash would only slow down every request (unlike for passwords).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update

from shared.events.envelope import stamp
from shared.refusals import Refused
from shared.runtime.entropy import Entropy
from shared.runtime.principals import Grant
from shared.runtime.tables import service_key as table
from shared.store.database import Database

PREFIX: Final = "ghk_"
ISSUER: Final = "urn:gatehouse:service-key"
"""The issuer under which the directory knows a key; its subject there is the key's id."""

ALLOWED: Final = frozenset({"requester", "service", "auditor"})
"""Machines report, ask and read; whatever takes a person's judgement is not for a key."""


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key as it may be listed: everything but its secret."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    created_at: str
    created_by: str
    revoked_at: str | None


class ServiceKeys:
    """The keys on the directory's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, grants: Sequence[Grant], by: str, now: datetime, entropy: Entropy) -> str:
        """A new key, shown this once; raises `Refused("forbidden")` for a role that machines may not hold."""
        if refused := sorted({grant.role for grant in grants} - ALLOWED):
            raise Refused("forbidden", f"a service key can't hold {', '.join(refused)}")
        key_id = entropy.draw(8, "service-key", name, stamp(now)).hex()
        secret = entropy.draw(32, "service-key-secret", key_id)
        row = {
            "id": key_id,
            "name": name,
            "digest": hashlib.sha256(secret).digest(),
            "grants": json.dumps([asdict(grant) for grant in grants]),
            "created_at": stamp(now),
            "created_by": by,
        }
        await self._database.transact(lambda connection: connection.execute(insert(table).values(row)))
        return f"{PREFIX}{key_id}_{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"

    async def list(self) -> Sequence[ServiceKey]:
        """All keys, also the revoked ones, oldest first."""
        query = select(table).order_by(table.c.created_at, table.c.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            ServiceKey(row.id, row.name, _grants(row.grants), row.created_at, row.created_by, row.revoked_at)
            for row in rows
        ]

    async def revoke(self, key_id: str, now: datetime) -> None:
        """End a key now; raises `Refused("not-found")` for one that is unknown or was revoked before."""
        query = update(table).where(table.c.id == key_id, table.c.revoked_at.is_(None)).values(revoked_at=stamp(now))
        if await self._database.transact(lambda connection: connection.execute(query).rowcount) == 0:
            raise Refused("not-found", "no such key is in force")

    async def known(self, presented: str) -> tuple[str, str, tuple[Grant, ...]]:
        """Id, name and grants of a key that was presented; raises `Refused("unauthenticated")`."""
        key_id, _, secret = presented.removeprefix(PREFIX).partition("_")
        query = select(table).where(table.c.id == key_id, table.c.revoked_at.is_(None))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None or not hmac.compare_digest(row.digest, hashlib.sha256(_decoded(secret)).digest()):
            raise Refused("unauthenticated", "that service key is not in force")
        return row.id, row.name, _grants(row.grants)


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret + "=" * (-len(secret) % 4), b"-_", True)
    except ValueError:  # not base64: an empty secret, whose digest no key has
        return b""


def _grants(text: str) -> tuple[Grant, ...]:
    return tuple(Grant(**one) for one in json.loads(text))
