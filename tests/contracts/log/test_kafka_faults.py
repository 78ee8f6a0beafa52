"""The whole way on real engines, PostgreSQL to Kafka to derived tables, while a broker is lost and members change."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from deploy.local.kafka import KafkaServer
from shared.log.kafka import KafkaLog
from shared.log.port import facts_topic
from shared.log.projector import Projector
from shared.log.relay import Relay
from shared.log.views import Views, open_views
from shared.store.port import EventStore
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import Folds, portfolio, settled
from tests.contracts.log.records import replayed, streams
from tests.contracts.store.appends import append, on
from tests.contracts.store.conftest import Opener
from tests.engines import engine_folder, or_missing

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.fault]
TOPIC = facts_topic("intake")


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[EventStore]:
    opener = Opener(postgres_url)
    yield await opener()
    await opener.close()


async def opened_views(url: str, topic: str, folds: Folds) -> Views:
    return await open_views(url, portfolio([topic], folds))


async def counted(views: Views) -> dict[str, int]:
    async with views.reading() as connection:
        rows = (await connection.execute(select(settled.c.discovery, settled.c.times))).all()
    return {row.discovery: row.times for row in rows}


async def fill(store: EventStore, stream: str, count: int) -> None:
    past = await store.read(stream)
    await store.append(append(on(stream, past.version, *(f"{past.version + 1 + n}" for n in range(count)))))


async def test_a_broker_that_lost_its_log_is_filled_again_and_nothing_counts_twice(
    store: EventStore, postgres_url: str, background: Background, tmp_path: Path
) -> None:
    """Nothing new happens meanwhile: the relay has to notice by itself that the topic is empty."""
    with engine_folder("kafka") as folder, or_missing(lambda: KafkaServer(folder)) as broker:
        log = KafkaLog(broker.bootstrap)
        await log.ensure({TOPIC: 3})
        views = await opened_views(postgres_url, TOPIC, Folds())
        relay, projector = Relay(store, log.writer()), Projector(log.reader(), views)
        running = [background(relay.run()), background(projector.run())]
        for number in range(9):
            await fill(store, f"s{number}", 30)
        await all_counted(views, {"d": 270})
        await asyncio.to_thread(broker.kill)
        shutil.rmtree(folder / "records")
        await asyncio.to_thread(broker.start)
        await log.ensure({TOPIC: 3})
        async with asyncio.timeout(90):
            while len(await replayed(log.reader(), TOPIC)) < 270:  # noqa: ASYNC110 - it is the broker that knows
                await asyncio.sleep(0.2)
        await fill(store, "s3", 5)
        await fill(store, "new", 5)
        await all_counted(views, {"d": 280})
        async with asyncio.timeout(90):
            await projector.caught_up(await log.reader().ends([TOPIC]))
        assert await counted(views) == {"d": 280}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await views.close()


async def all_counted(views: Views, expected: dict[str, int]) -> None:
    async with asyncio.timeout(90):
        while await counted(views) != expected:  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.1)


async def test_members_come_and_go_and_every_fact_counts_once(
    kafka_server: KafkaServer, postgres_url: str, background: Background, topic_name: str
) -> None:
    log = KafkaLog(kafka_server.bootstrap)
    await log.ensure({topic_name: 6})
    folds = [Folds() for _ in range(5)]
    views = [await opened_views(postgres_url, topic_name, each) for each in folds]
    members = [Projector(log.reader(), each) for each in views]
    names = [f"s{number}" for number in range(24)]
    events = streams(names, 40)
    writer = log.writer()
    running = [asyncio.create_task(member.run()) for member in members[:2]]
    for turn, start in enumerate(range(0, len(events), 192)):
        await writer.publish(topic_name, events[start : start + 192])
        await first_facts(folds, until=min(len(events), start + 96))
        if turn < 3:  # one leaves without a word, another comes
            running[turn].cancel()
            with suppress(asyncio.CancelledError):
                await running[turn]
            running.append(asyncio.create_task(members[turn + 2].run()))
    async with asyncio.timeout(90):
        await members[-1].caught_up(await log.reader().ends([topic_name]))
    assert await counted(views[0]) == dict.fromkeys(names, 40)
    async with views[0].reading() as connection:
        reasons = {row.reasons for row in await connection.execute(select(settled.c.reasons))}
    assert reasons == {" ".join(map(str, range(40)))}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await writer.close()
    for each in views:
        await each.close()


async def first_facts(folds: list[Folds], until: int) -> None:
    async with asyncio.timeout(90):
        while sum(len(each.seen) for each in folds) < until:  # noqa: ASYNC110 - the folds only count
            await asyncio.sleep(0.05)
