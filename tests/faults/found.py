"""What lies in a store, a topic or a data folder, as the checker takes it."""

from collections.abc import Callable, Sequence
from itertools import chain

from shared.log.port import Log
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EventStore, Stored
from tests.faults.checker import Held

Named = Callable[[Stored], str]
PAGE = 5_000


def by_event(stored: Stored) -> str:
    """For histories whose operations are known by the id of their event."""
    return stored.id


async def in_store(store: EventStore, named: Named = by_event) -> Sequence[Held]:
    """Everything in a store, in order; `named` tells the operation that a stored event came from."""
    found: list[Held] = []
    position = -1
    while events := await store.after(position, PAGE):
        found += [Held(operation=named(e), stream=e.stream, version=e.version, position=e.position) for e in events]
        position = events[-1].position
    return found


async def at_url(url: str, service: str, named: Named = by_event) -> Sequence[Held]:
    """As `in_store`, of the store at that URL, opened for this alone."""
    await upgrade(url, service)
    store = await open_store(url, service)
    try:
        return await in_store(store, named)
    finally:
        await store.close()


async def in_topic(log: Log, topic: str) -> Sequence[Held]:
    """Everything in a topic, partition by partition, each in its order. Positions are left out: they are dense only
    over all partitions together."""
    reader = log.reader()
    try:
        until = await reader.ends([topic])
        read = [record async for records in reader.replay([topic], until) for record in records]
    finally:
        await reader.close()
    by_partition = [[r for r in read if r.partition == partition] for partition in sorted({r.partition for r in read})]
    return [
        Held(
            operation=record.headers["event_id"].decode(),
            stream=record.envelope.subject,
            version=int(record.headers["ver"]),
        )
        for record in chain.from_iterable(by_partition)
    ]
