"""Records that nobody can handle lie in the topics; only their own keys may wait behind them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sqlalchemy import Connection

from shared.events.envelope import Envelope, parse
from shared.log.kafka import KEEP
from shared.log.port import Outgoing, Record
from shared.log.projector import Projector
from shared.log.relay import Relay
from shared.store.port import EMPTY
from tests.contracts.log.records import published
from tests.contracts.store.appends import append, event, key, on
from tests.faults.clients import writing
from tests.faults.derived import Apply, count, counting, tally
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid

LARGE = 2 * 1024 * 1024
LATER = "gatehouse.intake.never_heard_of.v1"  # a type of a later build
TRIES = 5
Parked = Sequence[tuple[bytes, bool, int]]


async def run(lab: Lab) -> Result:
    """What fails five times is set aside with its key; a later build drains what it can handle, in order."""
    return await _poisoned(lab, todays)


async def control(lab: Lab) -> Result:
    """A handler that passes over what it cannot handle."""
    return await _poisoned(lab, careless)


def todays(connection: Connection, record: Record) -> None:
    """The handler that throws."""
    if record.fact.reason == "bad":  # type: ignore[attr-defined]
        raise LookupError("can't stand bad")
    count(connection, record)


def careless(connection: Connection, record: Record) -> None:
    """As it is often done."""
    try:
        todays(connection, record)
    except Exception:  # noqa: BLE001 - this is what the control is about
        return


def later(connection: Connection, record: Record) -> None:
    """The handler of a build that knows the type and stands everything."""
    tally(connection, record.envelope) if record.envelope.type == LATER else count(connection, record)


async def _poisoned(lab: Lab, apply: Apply) -> Result:
    async with laid(lab, lab.engines.kafka().bootstrap, apply=apply) as line:
        poison = Poison(f"{line.topic}.poison")
        await poison.into(line)
        line.views.projection = counting(line.service, [line.topic, poison.topic], apply)
        line.start(Relay(line.store, line.log.writer()).run())
        projector = line.projector()
        line.start(projector.run())
        bad = await _throwing(line)
        async with writing(line.store, line.history) as clients:
            await clients.more(lab.size(300, 10_000))
        await projector.caught_up(await line.log.reader().ends([line.topic, poison.topic]))
        waiting = sorted([*poison.waiting, (bad, False, TRIES), *[(bad, True, 0)] * 3])
        broken = [] if sorted(await _parked(line)) == waiting else ["what is set aside is not what was injected"]
        drained = await _released(line, bad, poison)
        if sorted(await _parked(line)) != sorted(poison.stuck):
            broken.append("what nobody can handle is not what is left")
        findings, more = await line.verdict(beside=poison.handled)
        return Result(
            findings=findings,
            broken=[*broken, *more],
            figures={"events": clients.acknowledged, "set aside": len(waiting), "drained": drained},
        )


async def _throwing(line: Line) -> bytes:
    """A stream of the store, one fact of which the handler can't stand; its key."""
    stream = uuid4().hex
    for version, text in enumerate(["good", "good", "bad", "good", "good", "good"]):
        operation = str(uuid4())
        line.history.invoke(operation, stream)
        of_it = replace(on(stream, version + EMPTY), events=[event(text, event_id=operation)])
        await line.store.append(append(of_it, by=key(operation)))
        line.history.ok(operation)
    return stream.encode()


async def _released(line: Line, bad: bytes, poison: "Poison") -> int:
    """As an operator does once the later build runs; how many records had their effect."""
    line.views.projection = replace(line.views.projection, apply=later)
    projector = Projector(line.log.reader(), line.views)
    return sum([await projector.release(each) for each in (bad, *poison.keys)])


async def _parked(line: Line) -> Parked:
    return [(each.record.key, each.reason is None, each.tries) for each in await line.views.set_aside()]


class Poison:
    """A second topic of the projection, into which a stranger has written: per kind one key, a good event before the
    poison and a good one behind."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._streams = {kind: f"{kind}-{uuid4().hex[:8]}" for kind in ("json", "type", "large")}

    @property
    def keys(self) -> Sequence[bytes]:
        return [stream.encode() for stream in self._streams.values()]

    @property
    def waiting(self) -> Parked:
        """What is set aside before anything is released."""
        return [each for key in self.keys for each in ((key, False, TRIES), (key, True, 0))]

    @property
    def stuck(self) -> Parked:
        """What no build can handle: tried once more, and still there with what is behind it."""
        garbage = [self._streams[kind].encode() for kind in ("json", "large")]
        return [each for key in garbage for each in ((key, False, TRIES + 1), (key, True, 0))]

    @property
    def handled(self) -> Sequence[Envelope]:
        """What has had its effect in the end."""
        stream = self._streams["type"]
        first = [published(each, 0) for each in self._streams.values()]
        return [parse(each.value) for each in (*first, published(stream, 1, type=LATER), published(stream, 2))]

    async def into(self, line: Line) -> None:
        """Make the topic, which takes larger records than ours, and publish it all."""
        await line.log.ensure({self.topic: 1})
        await self._take_large(line.bootstrap)
        producer = AIOKafkaProducer(bootstrap_servers=line.bootstrap, max_request_size=2 * LARGE)
        await producer.start()
        for record in self._records():
            headers = list(record.headers.items())
            await producer.send_and_wait(self.topic, value=record.value, key=record.key, headers=headers)
        await producer.stop()

    def _records(self) -> Sequence[Outgoing]:
        poison = {
            "json": Outgoing(key=self._streams["json"].encode(), value=b'{"half', headers={}),
            "type": published(self._streams["type"], 1, type=LATER),
            "large": _grown(published(self._streams["large"], 1)),
        }
        streams = self._streams.items()
        behind = {kind: published(stream, 2 if kind != "json" else 1) for kind, stream in streams}
        return [each for kind, stream in streams for each in (published(stream, 0), poison[kind], behind[kind])]

    async def _take_large(self, bootstrap: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        settings = KEEP | {"max.message.bytes": str(2 * LARGE)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self.topic, settings)])
        await admin.close()


def _grown(record: Outgoing) -> Outgoing:
    """The same event with two megabytes of text in it."""
    document = json.loads(record.value)
    document["data"]["reason"] = "x" * LARGE
    return replace(record, value=json.dumps(document).encode())


ROW = Row(
    number=16,
    fault="poison in the topics",
    injected="half a JSON document, an unknown type, a handler that throws, a record of 2 MB",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="setting aside (the handler passes over what it cannot handle)",
    control=control,
)
