"""Whatever a stranger wrote into a topic is set aside; it stops no consumer, and nothing behind it."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from shared.events.intake import DiscoverySettled
from shared.log.commander import Commander
from shared.log.port import Log, Outgoing, Record
from shared.log.projector import Projector
from shared.log.starter import Start, WorkflowStarts
from shared.log.views import open_views
from shared.store.port import EventStore
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import Folds, portfolio
from tests.contracts.log.records import plain, published

TOPIC = "facts"
GOOD = published("good", 0)
LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(150))
"""Of 9,600 characters that no engine packs into a page of an index."""
SHORT = DiscoverySettled(discovery_id="short", system_id=None, reason="0")
STRANGE: Mapping[str, Outgoing] = {
    "a stream's name with a NUL": published("a\x00b", 0),
    "a stream's name that no index holds": published(LONG, 0, key="long", fact=SHORT),
    "a key that no index holds": plain(LONG, "no event"),
    "a type with a NUL": replace(GOOD, key=b"n", value=GOOD.value.replace(b'"type":"', b'"type":"\\u0000')),
    "an event id with a NUL": replace(published("n", 0), headers={**GOOD.headers, "event_id": b"\x00"}),
    "a fact with a NUL": published("m", 0, correlationid="\x00"),
}


@pytest.fixture(params=list(STRANGE.values()), ids=list(STRANGE))
async def topic(request: pytest.FixtureRequest, sql_log: Log) -> str:
    await sql_log.ensure({TOPIC: 1})
    strange: Outgoing = request.param
    await sql_log.writer().publish(TOPIC, [strange])
    await sql_log.writer().publish(TOPIC, [GOOD, strange])
    return TOPIC


async def test_a_projection_goes_on_behind_it(
    topic: str, sql_log: Log, database_url: Callable[[str], str], background: Background
) -> None:
    folds = Folds()
    views = await open_views(database_url("views"), portfolio([topic], folds))
    projector = Projector(sql_log.reader(), views)
    async with asyncio.timeout(20):
        background(projector.run())
        await projector.caught_up(await sql_log.reader().ends([topic]))
    assert "good/0" in folds.seen
    rebuilt = await projector.rebuild()
    assert rebuilt.same
    await views.close()


async def test_commands_and_starts_go_on_behind_it(
    topic: str, sql_log: Log, store: EventStore, background: Background
) -> None:
    issued: list[str] = []

    async def issue(record: Record) -> None:
        issued.append(record.envelope.subject)
        assert record.fact

    def due(record: Record) -> list[Start]:
        return [Start(f"clock-{record.position}", "clock", type(record.fact).__name__)]

    consumers: list[Commander | WorkflowStarts] = [
        Commander(sql_log.reader(), store.database, name="copier", topics=[topic], issue=issue),
        WorkflowStarts(sql_log.reader(), store.database, name="starts", topics=[topic], due=due),
    ]
    async with asyncio.timeout(20):
        for consumer in consumers:
            background(consumer.run())
            await consumer.caught_up(await sql_log.reader().ends([topic]))
    assert "good" in issued
