"""The event log as reporting reads it, made by hand: facts become the bytes, headers and partitions of real records."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.events.catalogue import type_of
from shared.events.envelope import draft, stamp
from shared.events.fact import Fact
from shared.log.port import Partition, Record, facts_topic
from shared.transparency.hashes import leaf_hash
from tests.domain.reporting.facts import at

PARTITIONS = 6


class Story:
    """Facts in the order in which their services recorded them; each becomes a record of its topic."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self.records: list[Record] = []
        self._partitions = partitions
        self._positions: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._offsets: dict[Partition, int] = {}

    def tell(
        self, when: str, fact: Fact, *, recorded: str | None = None, system: str | None = None, by: str = "p-1"
    ) -> Record:
        """Record a fact that happened then; `system` is the AI system of a fact that does not name it."""
        service = type_of(fact).split(".")[1]
        stream = stream_of(fact)
        key = system or getattr(fact, "system_id", None) or stream
        if stream.startswith("discovery/"):
            key = stream
        record = self._record(service, stream, key, fact, at(when), at(recorded or when), by)
        self.records.append(record)
        return record

    def by_partition(self) -> dict[Partition, list[Record]]:
        """The records of each partition, in order."""
        found: dict[Partition, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.partition, []).append(record)
        return found

    def _record(
        self, service: str, stream: str, key: str, fact: Fact, when: datetime, recorded: datetime, by: str
    ) -> Record:
        position = _next(self._positions, service)
        version = _next(self._versions, f"{service}/{stream}")
        event_id = str(uuid5(NAMESPACE_URL, f"{service}/{position}"))
        attributes = {
            "id": event_id,
            "source": f"//test.gatehouse.local/{service}",
            "type": type_of(fact),
            "subject": stream,
            "time": stamp(when),
            "partitionkey": key,
            "streamversion": version,
            "correlationid": key,
            "authtype": "app_user",
            "authid": by,
        }
        body = draft(attributes, fact).stamped(stamp(recorded))
        partition = Partition(facts_topic(service), zlib.crc32(key.encode()) % self._partitions)
        headers = {"event_id": event_id.encode(), "pos": str(position).encode(), "ver": str(version).encode()}
        headers |= {"schema": type_of(fact).encode(), "leaf": leaf_hash(body).hex().encode()}
        offset = self._offsets.get(partition, 0)
        self._offsets[partition] = offset + 1
        return Record(partition, offset, key.encode(), body, headers)


class Tale:
    """Facts in any order; the story tells them as stores record them, in the order of time."""

    def __init__(self) -> None:
        self._told: list[tuple[str, Fact, dict[str, Any]]] = []

    def tell(self, when: str, fact: Fact, **more: Any) -> None:
        """As `Story.tell`."""
        self._told.append((when, fact, more))

    def story(self, partitions: int = PARTITIONS) -> Story:
        """The story of all that was told."""
        story = Story(partitions)
        for when, fact, more in sorted(self._told, key=lambda one: at(one[2].get("recorded") or one[0])):
            story.tell(when, fact, **more)
        return story


def stream_of(fact: Fact) -> str:
    """The stream that a fact belongs to."""
    kind = type(fact).__name__
    if kind == "LogVerified":
        return f"verification/{fact.service}/{fact.verified_at:%Y-%m-%d}"  # type: ignore[attr-defined]
    if kind in ("SystemDiscovered", "DiscoverySettled"):
        return f"discovery/{fact.discovery_id}"  # type: ignore[attr-defined]
    if type_of(fact).split(".")[1] == "review":
        review = getattr(fact, "review_id", None)
        return f"review/{review}" if review else "authority"
    return f"system/{fact.system_id}"  # type: ignore[attr-defined]


def _next(counters: dict[str, int], name: str) -> int:
    counters[name] = counters.get(name, -1) + 1
    return counters[name]


def interleaved(queues: list[list[Record]], choices: Iterator[int]) -> Iterator[Record]:
    """The records of all partitions in an order that keeps each partition's own; `choices` says whose turn it is."""
    waiting = [list(queue) for queue in queues if queue]
    while waiting:
        queue = waiting[next(choices, 0) % len(waiting)]
        yield queue.pop(0)
        waiting = [queue for queue in waiting if queue]
