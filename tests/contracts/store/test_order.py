"""Positions are dense and in commit order, whoever writes; a reader that remembers the last one misses nothing."""

import asyncio
import random
from contextlib import suppress

from shared.store.port import EMPTY, EventStore, Receipt, VersionConflict
from tests.contracts.store.appends import append, key, on, one
from tests.contracts.store.conftest import Opener

WRITERS, APPENDS = 4, 60


async def test_concurrent_writers_leave_no_gap_and_a_reader_sees_every_event_once(opener: Opener) -> None:
    stores = [await opener() for _ in range(WRITERS)]
    reader = await opener()
    writing = [asyncio.create_task(write(store, number)) for number, store in enumerate(stores)]
    seen: list[str] = []
    position = -1
    while not all(task.done() for task in writing) or (await reader.head()).next_position > position + 1:
        await reader.grown(position, 0.2)
        for stored in await reader.after(position, 7):
            assert stored.position == position + 1
            position = stored.position
            seen.append(stored.id)
    receipts = [receipt for task in writing for receipt in await task]
    assert sorted(p for r in receipts for p in range(r.position or 0, (r.position or 0) + r.count)) == list(
        range(len(seen))
    )
    assert len(set(seen)) == len(seen) == WRITERS * APPENDS


async def write(store: EventStore, writer: int) -> list[Receipt]:
    """Appends to streams of its own and, every third time, to one that all fight for."""
    chance = random.Random(writer)
    receipts, version = [], EMPTY
    for number in range(APPENDS):
        await asyncio.sleep(chance.uniform(0, 0.002))
        if number % 3:
            receipts.append(await store.append(one(f"own-{writer}", version, by=key(f"{writer}/{number}"))))
            version += 1
        else:
            receipts.append(await append_to_shared(store, f"{writer}/{number}"))
    return receipts


async def append_to_shared(store: EventStore, value: str) -> Receipt:
    while True:
        past = await store.read("shared")
        with suppress(VersionConflict):
            return await store.append(one("shared", past.version, by=key(value)))


async def test_versions_of_a_stream_that_many_fight_for_are_dense(opener: Opener) -> None:
    stores = [await opener() for _ in range(3)]
    await asyncio.gather(*(append_to_shared(store, f"{n}/{i}") for n, store in enumerate(stores) for i in range(20)))
    past = await stores[0].read("shared")
    assert [stored.version for stored in past.events] == list(range(60))
    assert [stored.envelope.streamversion for stored in past.events] == list(range(60))


async def test_growth_wakes_who_waits_for_it(opener: Opener) -> None:
    ours, others = await opener(), await opener()
    await ours.append(one("a", EMPTY))
    for writer in (ours, others):
        position = (await ours.head()).next_position - 1
        waiting = asyncio.create_task(ours.grown(position, 30))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await writer.append(append(on(f"from-{id(writer)}", EMPTY, "x")))
        async with asyncio.timeout(2):
            await waiting


async def test_waiting_for_growth_ends_when_the_time_is_over(store: EventStore) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await store.grown(-1, 0.3)
    assert 0.25 < loop.time() - began < 5


async def test_what_has_grown_already_is_not_waited_for(store: EventStore) -> None:
    await store.append(one("a", EMPTY))
    async with asyncio.timeout(5):
        await store.grown(-1, 60)
