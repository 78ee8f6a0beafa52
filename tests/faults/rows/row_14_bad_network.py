"""The network is slow, then falls silent with its connections open, then cuts connections off in the middle."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import QueuePool, make_url

from shared.log.relay import Relay
from shared.store.postgres_database import PostgresDatabase
from tests.faults.clients import Clients, writing
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid
from tests.faults.proxy import Proxy, proxied
from tests.faults.timed import Timed

ONE_WAY_SECONDS = 0.1
CUTS = (1, 100, 3_000)  # bytes after which a connection is reset
ANSWER_SECONDS = 10.0  # an append is answered in 5, and the next one finds a connection that works
PUBLISH_SECONDS = 5.0
SLACK_SECONDS = 2.0  # of a busy machine
SLACK_DESCRIPTORS = 4  # connections to the broker come and go; a leak would be one with each that was given up
NEVER = 3600.0


async def run(lab: Lab) -> Result:
    """Everything that crosses the network has a time limit, and lets go of what it gave up."""
    limit = 5.0 if not lab.long else 30.0  # a statement's: the product's would make the short form long
    with patch("shared.store.postgres_database.STATEMENT_SECONDS", limit):
        async with _behind_proxies(lab) as network:
            return await _suffered(lab, network)


async def control(lab: Lab) -> Result:
    """An append waits for its answer as long as it takes."""
    with patch("shared.store.postgres.ANSWER_SECONDS", NEVER):
        async with _behind_proxies(lab) as network, writing(network.line.store, network.line.history) as clients:
            await clients.more(50)
            answered = await _silenced(network, clients, 1)
            await _cut(network, clients)
        findings, broken = Result().findings, [] if answered else ["no append was answered after the silence"]
        return Result(findings=findings, broken=broken)


@dataclass(frozen=True, slots=True)
class Network:
    """A line whose every connection goes through a proxy."""

    line: Line
    broker: Proxy
    database: Proxy

    @property
    def proxies(self) -> Sequence[Proxy]:
        return (self.broker, self.database)


@asynccontextmanager
async def _behind_proxies(lab: Lab) -> AsyncIterator[Network]:
    async with AsyncExitStack() as ending:
        broker, database = [await ending.enter_async_context(proxied()) for _ in range(2)]
        kafka = await asyncio.to_thread(lab.own_kafka, advertised=broker.port)
        broker.target = kafka.port
        url = make_url(lab.database())
        database.target = url.port or 0
        through = url.set(port=database.port).render_as_string(hide_password=False)
        line = await ending.enter_async_context(laid(lab, kafka.bootstrap, url=through))
        yield Network(line, broker, database)


async def _suffered(lab: Lab, network: Network) -> Result:
    line = network.line
    writer = Timed(line.log.writer())
    line.start(Relay(line.store, writer).run())
    line.start(line.projector().run())
    broken = []
    async with writing(line.store, line.history, clients=4, pause=0.2) as clients:
        await _cut(network, clients)  # so that what is counted before has been through it all
        before = await _descriptors(network, clients)
        for _ in range(lab.size(1, 5)):
            await _slow(network, clients, lab.size(2, 20))
            if not await _silenced(network, clients, lab.size(6, 30)):
                broken.append("no append was answered after the silence")
            await _cut(network, clients)
        after = await _descriptors(network, clients)
    caught_up = await line.caught_up()
    findings, more = await line.verdict()
    return Result(
        findings=findings,
        broken=[*broken, *more, *_limited(clients, writer), *_leaked(line, before, after)],
        figures={
            "events": clients.acknowledged,
            "connections reset": sum(each.cut for each in network.proxies),
            'answers "not now"': clients.not_now,
            "longest answer, s": max(clients.seconds),
            "longest publishing, s": max(writer.seconds),
            "publishings given up": writer.failures,
            "descriptors beside the pools', before": before,
            "after": after,
            "seconds to lag 0": caught_up,
        },
    )


async def _slow(network: Network, clients: Clients, seconds: int) -> None:
    for each in network.proxies:
        each.delay = ONE_WAY_SECONDS
    await asyncio.sleep(seconds)  # the fault's length
    await clients.more(4)
    for each in network.proxies:
        each.heal()


async def _silenced(network: Network, clients: Clients, seconds: int) -> bool:
    """Whether appends were answered in time once the network spoke again."""
    for each in network.proxies:
        each.go_silent()
    await asyncio.sleep(seconds)  # the fault's length
    for each in network.proxies:
        each.heal()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await clients.more(4)
    except TimeoutError:
        return False
    return True


async def _cut(network: Network, clients: Clients) -> None:
    for count in CUTS:
        for each in network.proxies:
            each.cut_after(count)
        await asyncio.sleep(1)  # the fault's length
    for each in network.proxies:
        each.heal()
        each.reset_all()
    await clients.more(8)


async def _descriptors(network: Network, clients: Clients) -> int:
    """How many this process holds beside its pools' once it works as usual: everything stored has had its effect."""
    await network.line.caught_up()
    counts = []
    for _ in range(10):
        await clients.more(2)
        counts.append(_open(network))
    return min(counts)


def _open(network: Network) -> int:
    """The proxies run in this process too: two of the descriptors of each connection are theirs. And a pool may hold
    as many connections as it is allowed to, before the fault and after."""
    pooled = sum(pool.checkedin() + pool.checkedout() for pool in _pools(network.line))
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) - pooled - 2 * sum(each.links for each in network.proxies)


def _pools(line: Line) -> Iterator[QueuePool]:
    for database in (line.store.database, line.views.database):
        assert isinstance(database, PostgresDatabase)
        pool = database._engine.pool
        assert isinstance(pool, QueuePool)
        yield pool


def _limited(clients: Clients, writer: Timed) -> Sequence[str]:
    found = [] if clients.not_now else ["no append was told to come again: nothing was tried"]
    if max(clients.seconds) > ANSWER_SECONDS + SLACK_SECONDS:
        found.append(f"an append waited {max(clients.seconds):.1f} s")
    if max(writer.seconds) > PUBLISH_SECONDS + SLACK_SECONDS:
        found.append(f"a publishing took {max(writer.seconds):.1f} s")
    return found


def _leaked(line: Line, before: int, after: int) -> Sequence[str]:
    found = [] if after <= before + SLACK_DESCRIPTORS else [f"{before} file descriptors before, {after} after"]
    lent = sum(pool.checkedout() for pool in _pools(line))
    return [*found, *([f"{lent} connections did not come back to their pool"] if lent else [])]


ROW = Row(
    number=14,
    fault="a bad network between us, broker and database",
    injected="200 ms, then silence with connections open, then resets after 1, 100 and 3,000 bytes",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="the time limit of an append",
    control=control,
)
