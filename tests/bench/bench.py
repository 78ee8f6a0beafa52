"""What a figure is measured on: how much of everything, and places that several figures share."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Self

from deploy.local.platform import Platform
from deploy.local.process import Child
from services.bench.loading import TOLD, Portfolio, followed, relayed, signed, site
from shared.runtime.minting import local_token
from shared.runtime.settings import Settings
from tests.faults.lab import Lab


class Form(Enum):
    """How much is measured: `FULL` is what counts, `SHORT` fits in a minute, `TINY` shows that it works."""

    FULL = 0
    SHORT = 1
    TINY = 2


@dataclass(frozen=True, slots=True)
class Served:
    """A process that answers HTTP, and the token that it takes."""

    url: str
    token: str


@dataclass(slots=True)
class Bench:
    """One run. Whatever a figure asks for is made by the first who asks and ends with the run."""

    lab: Lab
    form: Form
    _made: dict[str, Served | Path | Platform] = field(default_factory=dict)
    _ending: ExitStack = field(default_factory=ExitStack)

    def size(self, full: int, short: int, tiny: int) -> int:
        """How many, in this form."""
        return (full, short, tiny)[self.form.value]

    @property
    def pairs(self) -> int:
        """How many pairs count."""
        return self.size(5, 3, 1)

    @property
    def seconds(self) -> float:
        """How long one sample of a rate takes."""
        return (2.0, 0.5, 0.2)[self.form.value]

    def gatehouse(self) -> Served:
        """Gatehouse in role api, in one process over SQLite, with two routes of ours that store nothing."""
        folder = self.lab.folder / "gatehouse"
        served = self._served("gatehouse", str(folder))
        return Served(served.url, local_token(Settings(data=folder), "operator"))

    def bare(self) -> Served:
        """A FastAPI app with the same model and nothing else."""
        return self._served("bare")

    async def portfolio(self) -> Path:
        """A data folder with 200,000 events (in the full form): appended, published, signed, and folded."""
        if "portfolio" not in self._made:
            folder, events = self.lab.new("portfolio"), self.size(200_000, 4_000, 300)
            portfolio = Portfolio(events)
            async with site(folder, portfolio.world) as process:
                await portfolio.grow(process, events)
                for service in process.services:
                    if service.name in TOLD:
                        await relayed(process, service)
                        await signed(process, service)
                for service in process.services:
                    await followed(process, service)
            self._made["portfolio"] = folder
        found = self._made["portfolio"]
        assert isinstance(found, Path)
        return found

    def platform(self) -> Platform:
        """The product as in production, a process per role; its broker and its Temporal may be frozen for a while."""
        if "platform" not in self._made:
            self._made["platform"] = self._ending.enter_context(Platform(self.lab.new("platform")))
        found = self._made["platform"]
        assert isinstance(found, Platform)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def _served(self, name: str, *arguments: str) -> Served:
        if name not in self._made:
            log = self.lab.new(f"{name}.log")
            child = Child([sys.executable, "-m", "tests.bench.serving", name, *arguments], log=log)
            self._ending.callback(child.stop)
            child.wait_until(lambda: "ready http" in child.tail(), within=60)
            url = next(line.split()[1] for line in log.read_text().splitlines() if line.startswith("ready http"))
            self._made[name] = Served(url, "")
        found = self._made[name]
        assert isinstance(found, Served)
        return found
