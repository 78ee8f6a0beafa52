"""Recorded times are the store's and never go back; a command's clock is the store's too."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.store.port import EMPTY
from tests.contracts.store.appends import MONDAY, append, key, on, one
from tests.contracts.store.conftest import Opener


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


async def test_the_injected_clock_is_what_is_recorded(opener: Opener) -> None:
    clock = Clock()
    store = await opener(clock)
    clock.now = MONDAY + timedelta(microseconds=1)
    receipt = await store.append(append(on("a", EMPTY, "x", "y")))
    assert receipt.recordedtime == clock.now
    assert {stored.recordedtime for stored in await store.after(-1, 10)} == {clock.now}
    assert {stored.envelope.recordedtime for stored in await store.after(-1, 10)} == {clock.now}
    assert (await store.head()).recordedtime == clock.now


async def test_a_clock_that_goes_back_does_not_take_recorded_times_with_it(opener: Opener) -> None:
    clock = Clock()
    store = await opener(clock)
    await store.append(one("a", EMPTY))
    clock.now = MONDAY - timedelta(days=1)
    receipt = await store.append(one("a", 0))
    assert receipt.recordedtime == MONDAY
    assert (await store.read("a")).now == MONDAY
    clock.now = MONDAY + timedelta(days=1)
    assert (await store.append(one("a", 1))).recordedtime == clock.now


async def test_the_time_of_a_reading_is_never_behind_what_was_read(opener: Opener) -> None:
    clock = Clock()
    store = await opener(clock)
    assert (await store.read("a")).now == MONDAY
    await store.append(append(by=key("k")))
    assert (await store.head()).recordedtime is None
    clock.now = MONDAY + timedelta(hours=1)
    assert (await store.read("a")).now == clock.now


async def test_a_clock_in_another_zone_records_the_same_instant(opener: Opener) -> None:
    store = await opener(MONDAY.astimezone)
    assert (await store.append(one("a", EMPTY))).recordedtime == MONDAY
    assert (await store.read("a")).events[0].body.count(b'"recordedtime":"2026-03-02T09:00:00.000000Z"') == 1


async def test_without_a_clock_the_engine_has_one(opener: Opener) -> None:
    store = await opener()
    before = datetime.now(UTC)
    receipts = await asyncio.gather(*(store.append(one(f"s{number}", EMPTY)) for number in range(20)))
    assert all(abs(receipt.recordedtime - before) < timedelta(minutes=1) for receipt in receipts)
    stored = await store.after(-1, 100)
    assert sorted(stored, key=lambda one: one.recordedtime) == list(stored)
