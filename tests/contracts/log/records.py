"""Records as a relay would publish them, made up for tests."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from shared.events.catalogue import type_of
from shared.events.envelope import draft, stamp
from shared.events.fact import Fact
from shared.events.intake import DiscoverySettled
from shared.log.port import CONTENT_TYPE, LogReader, Outgoing, Partition, Record
from tests.contracts.store.appends import MONDAY


def plain(key: str, value: str, position: int = 0) -> Outgoing:
    return Outgoing(key=key.encode(), value=value.encode(), headers={"pos": str(position).encode()})


def published(
    stream: str, version: int, position: int = 0, *, fact: Fact | None = None, key: str | None = None, **envelope: Any
) -> Outgoing:
    """An event on its stream; the same arguments give the same bytes."""
    fact = fact or DiscoverySettled(discovery_id=stream, system_id=None, reason=f"{version}")
    event_id = str(uuid5(NAMESPACE_DNS, f"{stream}/{version}"))
    attributes = {
        "id": event_id,
        "source": "//test.gatehouse.local/intake",
        "type": type_of(fact),
        "subject": stream,
        "time": "2026-03-02T09:00:00.000000Z",
        "partitionkey": key or stream,
        "streamversion": version,
        "correlationid": "story",
        "authtype": "system",
        "authid": "gatehouse/test",
    }
    body = draft(attributes | envelope, fact).stamped(stamp(MONDAY))
    headers = {
        "content-type": CONTENT_TYPE,
        "event_id": event_id.encode(),
        "pos": str(position).encode(),
        "ver": str(version).encode(),
        "schema": str(attributes["type"]).encode(),
        "leaf": sha256(b"\x00" + body).hexdigest().encode(),
    }
    return Outgoing(key=(key or stream).encode(), value=body, headers=headers)


def streams(names: Iterable[str], versions: int) -> list[Outgoing]:
    """The events of several streams, one version after the other, at positions from zero."""
    places = [(name, version) for version in range(versions) for name in names]
    return [published(name, version, position) for position, (name, version) in enumerate(places)]


async def from_zero(partitions: Sequence[Partition]) -> Mapping[Partition, int]:
    return dict.fromkeys(partitions, 0)


async def read(
    reader: LogReader,
    group: str,
    topics: Sequence[str],
    wanted: int,
    starts: Callable[[Sequence[Partition]], Awaitable[Mapping[Partition, int]]] = from_zero,
) -> list[Record]:
    """The first records that a member of the group is given."""
    found: list[Record] = []
    async with asyncio.timeout(30), aclosing(reader.batches(group, topics, starts)) as batches:
        async for records in batches:
            assert len({record.partition for record in records}) <= 1
            found += records
            if len(found) >= wanted:
                break
    return found


async def replayed(reader: LogReader, topic: str, **more: Any) -> list[Record]:
    until = more.pop("until", None) or await reader.ends([topic])
    return [record async for records in reader.replay([topic], until, **more) for record in records]


def by_key(records: Iterable[Record]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for record in records:
        found.setdefault(record.key, []).append(record.value)
    return found
