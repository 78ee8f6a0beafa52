"""The relay from PostgreSQL to Kafka, against a bare producer that has the records in its hands."""

import asyncio
import time

from aiokafka import AIOKafkaProducer
from sqlalchemy import make_url

from services.bench.loading import until_caught_up
from shared.log.kafka import KafkaLog
from shared.log.port import facts_topic
from shared.log.relay import Relay, outgoing
from shared.store.migrate import upgrade
from shared.store.open import open_store
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Samples, pairs
from tests.bench.figures.appends import appended

BARE = "bare"
AT_ONCE = 500


async def against_a_bare_producer(bench: Bench) -> Samples:
    url, server = bench.lab.database(), bench.lab.engines.postgres()
    bootstrap = bench.lab.engines.kafka().bootstrap
    log = KafkaLog(bootstrap)
    await log.ensure({facts_topic("intake"): 4, BARE: 4})
    await upgrade(url, "intake")
    store = await open_store(url, "intake")
    events = bench.size(20_000, 2_000, 200)
    await asyncio.gather(*(store.append(appended(facts=20)) for _ in range(events // 20)))
    records = [outgoing(stored) for stored in await store.after(-1, events)]

    async def relayed() -> float:
        server.run_sql("delete from relay_cursor; delete from lease", database=make_url(url).database or "")
        relay, began = Relay(store, log.writer()), time.perf_counter()
        await until_caught_up(relay, relay.caught_up(events - 1))
        return events / (time.perf_counter() - began)

    async def produced() -> float:
        began = time.perf_counter()
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        for first in range(0, events, AT_ONCE):
            sent = [
                await producer.send(BARE, value=one.value, key=one.key, headers=list(one.headers.items()))
                for one in records[first : first + AT_ONCE]
            ]
            await asyncio.gather(*sent)
        took = time.perf_counter() - began
        await producer.stop()
        return events / took

    try:
        return await pairs(bench.pairs, relayed, produced)
    finally:
        await store.close()


FIGURES = [
    Figure(
        name="relay",
        what="relay from PostgreSQL to Kafka",
        against="the same records by a bare aiokafka producer, from memory",
        unit="events/s",
        floor=0.5,
        aim=0.8,
        measure=against_a_bare_producer,
    )
]
