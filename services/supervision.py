"""Keeping a process's runners at work: one that fails is named, counted and begun again, never silently gone."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from shared.runtime.service import Runner

LONGEST_PAUSE: Final = 15.0
_log = structlog.get_logger()


class Supervisor:
    """Runs runners side by side until cancelled; `failing` names those whose last attempt failed."""

    def __init__(self, runners: Sequence[Runner], registry: CollectorRegistry) -> None:
        self._runners = runners
        self._pauses: dict[str, float] = {}
        self._failures = Counter(
            "gatehouse_runner_failures",
            "Times a background runner failed and was begun again.",
            ["runner"],
            registry=registry,
        )

    @property
    def failing(self) -> list[str]:
        """The runners that are down at present, waiting to begin again."""
        return sorted(self._pauses)

    async def run(self) -> None:
        """Keep all at work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for runner in self._runners:
                tasks.create_task(self._keep(runner), name=runner.name)

    async def _keep(self, runner: Runner) -> None:
        pause = 0.25
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await runner.run()
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, it is logged, counted and tried again
                if asyncio.get_running_loop().time() - begun > LONGEST_PAUSE:
                    pause = 0.25
                self._failures.labels(runner.name).inc()
                _log.error(
                    "runner failed", runner=runner.name, error=repr(error), again_in_seconds=pause, exc_info=error
                )
                self._pauses[runner.name] = pause
                await asyncio.sleep(pause)
                del self._pauses[runner.name]
                pause = min(pause * 2, LONGEST_PAUSE)
