"""The logs of a folder as anybody can read them: rows and JSON, without any of the product's code."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.contracts.transparency.naive import root

SERVICES = ("intake", "review", "monitoring", "reporting")


@dataclass(frozen=True)
class Recorded:
    """One event: `kind` is its wire name without prefix and version, `key` mostly its AI system's id."""

    service: str
    position: int
    kind: str
    body: bytes
    event: Mapping[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        return self.event["data"]

    @property
    def key(self) -> str:
        return self.event["partitionkey"]


class Records:
    """Every event of a folder, service by service in the order of positions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = [event for service in SERVICES for event in _read(folder, service)]

    def kinds(self) -> Counter[str]:
        return Counter(event.kind for event in self.events)

    def of(self, *kinds: str) -> list[Recorded]:
        return [event for event in self.events if event.kind in kinds]

    @cached_property
    def names(self) -> dict[str, str]:
        """The systems' ids by name."""
        return {event.data["name"]: event.data["system_id"] for event in self.of("intake.system_registered")}

    def system(self, name: str) -> list[Recorded]:
        """Everything about one system, by the time of recording."""
        mine = [event for event in self.events if event.key == self.names[name]]
        return sorted(mine, key=lambda one: (one.event["recordedtime"], one.service, one.position))

    def log(self) -> dict[str, dict[str, Any]]:
        """Size and Merkle root of every log that is not empty."""
        bodies: dict[str, list[bytes]] = {}
        for event in self.events:
            bodies.setdefault(event.service, []).append(event.body)
        return {service: {"size": len(mine), "root": root(mine).hex()} for service, mine in bodies.items()}


def _read(folder: Path, service: str) -> Iterator[Recorded]:
    with closing(sqlite3.connect(f"file:{folder / service / 'events.db'}?mode=ro", uri=True)) as connection:
        for position, kind, body in connection.execute("SELECT pos, type, body FROM event ORDER BY pos"):
            short = kind.removeprefix("gatehouse.").rpartition(".v")[0]
            yield Recorded(service, position, short, body, json.loads(body))
