"""Keeping a process's runners at work, and saying so when one has ended.

Runners wait out every fault of an engine by themselves. One that ends all the same has met what going on would make
worse (a gap, a rollback) or a fault of ours: it stays down, is named, and the process is not ready any more.
"""

import asyncio
from collections.abc import Sequence

import structlog
from prometheus_client import CollectorRegistry, Gauge

from shared.runtime.service import Runner

_log = structlog.get_logger()


class Supervisor:
    """Runs runners side by side until cancelled."""

    def __init__(self, runners: Sequence[Runner], registry: CollectorRegistry) -> None:
        self._runners = runners
        self._down: dict[str, str] = {}
        self._up = Gauge(
            "gatehouse_runner_up", "Whether a background runner is at work.", ["runner"], registry=registry
        )

    @property
    def down(self) -> list[str]:
        """The runners that have ended, each with the kind of its fault: anybody may ask, and the log has the rest."""
        return [f"{name}: {reason}" for name, reason in sorted(self._down.items())]

    async def run(self) -> None:
        """Keep all at work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for runner in self._runners:
                tasks.create_task(self._keep(runner), name=runner.name)

    async def _keep(self, runner: Runner) -> None:
        self._up.labels(runner.name).set(1)
        try:
            await runner.run()
            self._ended(runner, "it returned")
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            self._ended(runner, type(error).__name__, error)  # of a task of its own: nobody told this one to end
        except Exception as error:  # noqa: BLE001 - whatever it was: logged, counted, and the process not ready
            self._ended(runner, type(error).__name__, error)

    def _ended(self, runner: Runner, reason: str, error: BaseException | None = None) -> None:
        _log.error("runner ended", runner=runner.name, error=repr(error) if error else reason, exc_info=error)
        self._down[runner.name] = reason
        self._up.labels(runner.name).set(0)
