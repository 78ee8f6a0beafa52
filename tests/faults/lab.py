"""What an experiment works with: a folder, how long it may take, and engines that are started when it asks."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Self

from deploy.local.kafka import KafkaServer
from deploy.local.platform import Platform
from deploy.local.postgres import PostgresServer
from deploy.local.process import Child
from deploy.local.temporal import TemporalServer
from tests.engines import engine_folder

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Engines:
    """Engines that several experiments share: nobody kills these. Each is started by the first who asks."""

    postgres: Callable[[], PostgresServer]
    kafka: Callable[[], KafkaServer]
    temporal: Callable[[], TemporalServer]


def started_by_the_first(ending: ExitStack) -> Engines:
    """Engines that the first who asks starts, and that end with `ending`."""

    def folder(name: str) -> Path:
        return ending.enter_context(engine_folder(name))

    return Engines(
        postgres=cache(lambda: ending.enter_context(PostgresServer(folder("postgres")))),
        kafka=cache(lambda: ending.enter_context(KafkaServer(folder("kafka")))),
        temporal=cache(lambda: ending.enter_context(TemporalServer(folder("temporal")))),
    )


@dataclass(slots=True)
class Lab:
    """One experiment's place. `long` is the form of `make faults`; the short one is that of the test run."""

    folder: Path
    engines: Engines
    long: bool = False
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _ending: ExitStack = field(default_factory=ExitStack)

    def size(self, short: int, long: int) -> int:
        """How many, in this form."""
        return long if self.long else short

    def new(self, name: str) -> Path:
        """A path in the folder that nobody has yet."""
        return self.folder / f"{next(self._numbers)}-{name}"

    def database(self) -> str:
        """`postgresql+asyncpg://…` of a new, empty database on the shared server; its superuser is named in it."""
        server = self.engines.postgres()
        name = f"faults_{self.folder.name.replace('-', '_')}_{next(self._numbers)}".lower()
        server.run_sql(f'create database "{name}"')
        self._ending.callback(server.run_sql, f'drop database "{name}" with (force)')
        return server.url(name)

    def own_postgres(self) -> PostgresServer:
        """A server that this experiment may kill and freeze; ended with the lab."""
        return self._ending.enter_context(PostgresServer(self._engine_folder("postgres")))

    def own_kafka(self, *, advertised: int | None = None) -> KafkaServer:
        """As `own_postgres`, a broker; `advertised` is the port of a proxy before it."""
        return self._ending.enter_context(KafkaServer(self._engine_folder("kafka"), advertised=advertised))

    def own_temporal(self) -> TemporalServer:
        """As `own_postgres`, Temporal's dev server."""
        return self._ending.enter_context(TemporalServer(self._engine_folder("temporal")))

    def own_platform(self) -> Platform:
        """As `own_postgres`, the product with all its engines and a process per role; not started."""
        platform = Platform(self._engine_folder("platform"))
        self._ending.callback(platform.stop)
        return platform

    def at_the_end(self, does: Callable[[], object]) -> None:
        """Have this done when the lab ends."""
        self._ending.callback(does)

    def program(self, module: str, options: Mapping[str, Any], **environment: str) -> Child:
        """A process that runs a module of this room with its options as JSON; killed with the lab if it still runs."""
        command = [sys.executable, "-m", f"tests.faults.{module}", json.dumps(dict(options))]
        child = Child(command, log=self.new(f"{module}.log"), environment={"PYTHONPATH": str(ROOT), **environment})
        self._ending.callback(lambda: child.kill() if child.alive else None)
        return child

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def _engine_folder(self, name: str) -> Path:
        return self._ending.enter_context(engine_folder(name))
