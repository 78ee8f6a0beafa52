"""Reconciling against a Temporal that does not answer: it ends, and leaves nothing behind that goes on asking."""

import asyncio
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from shared.log.starter import Start
from shared.runtime.reconciling import AT_ONCE, Expected, Reconciled, reconcile

CLOCKS = [Start(workflow_id=f"clock-{number}", kind="clock", event_id="e") for number in range(10 * AT_ONCE)]


class Silent:
    """A client of a server that is away."""

    def __init__(self, *, gone: bool = False) -> None:
        self.asked, self._gone = 0, gone

    def get_workflow_handle(self, workflow_id: str) -> "Silent":
        return self

    async def describe(self, rpc_timeout: Any) -> Any:
        self.asked += 1
        await asyncio.sleep(0.01)
        raise RPCError("", RPCStatusCode.NOT_FOUND if self._gone else RPCStatusCode.UNAVAILABLE, b"")


async def expected() -> Expected:
    return Expected(CLOCKS, settled=3)


async def test_who_fails_leaves_nothing_behind_that_goes_on_asking() -> None:
    client, before = Silent(), asyncio.all_tasks()
    for _ in range(3):
        with pytest.raises(RPCError):
            await reconcile(client, expected, begin)  # type: ignore[arg-type]  # as far as it is asked
    assert asyncio.all_tasks() == before
    asked = client.asked
    assert asked <= 3 * AT_ONCE
    await asyncio.sleep(0.05)
    assert client.asked == asked


async def test_every_clock_that_is_missing_is_started_once() -> None:
    started: list[str] = []

    async def noted(clock: Start) -> bool:
        started.append(clock.workflow_id)
        return clock.workflow_id != "clock-7"

    found = await reconcile(Silent(gone=True), expected, noted)  # type: ignore[arg-type]
    assert sorted(started) == sorted(clock.workflow_id for clock in CLOCKS)
    assert found == Reconciled(expected=len(CLOCKS), running=1, started=len(CLOCKS) - 1, settled=3)


async def begin(clock: Start) -> bool:
    return True
