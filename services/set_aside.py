"""What consumers set aside: told to those who ask, tried again or dropped by administrators, each as a fact."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.events.set_aside import (
    DroppedRecord,
    IntakeRecordsReleased,
    MonitoringRecordsReleased,
    RecordsReleased,
    ReportingRecordsReleased,
    ReviewRecordsReleased,
)
from shared.log.books import SetAside
from shared.log.readable import holds_a_fact
from shared.refusals import Refused
from shared.runtime.asking import Acting, IdempotencyKey, Signed
from shared.runtime.routing import Input, json_router
from shared.runtime.service import Consumer, Service
from shared.store.handling import Command, handle
from shared.store.port import Context, Key, Receipt

_FACTS: Final[dict[str, type[RecordsReleased]]] = {
    "intake": IntakeRecordsReleased,
    "review": ReviewRecordsReleased,
    "monitoring": MonitoringRecordsReleased,
    "reporting": ReportingRecordsReleased,
}
LONGEST_KEY: Final = 1_000
"""Bytes of a key that are told as they are: of a longer one its beginning, and the digest of all of it."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
Prose = Annotated[
    str, Field(min_length=1, max_length=4000, description="Kept for ever in the log: say nothing about people in it.")
]


class Named(Input):
    """A record that was set aside, by its consumer and its place in the event log, and why it is ruled on."""

    consumer: Name
    topic: Name
    partition: int = Field(ge=0, le=2**31 - 1)
    offset: int = Field(ge=0, le=2**63 - 1)
    reason: Prose


class SetAsideOut(BaseModel):
    """A record that was not handled, for its own `reason`, or (null) because an earlier one of its key was not.

    One without any fact in it may be dropped. `digest` is the SHA-256 of its bytes.
    """

    consumer: str
    topic: str
    partition: int
    offset: int
    key: str
    reason: str | None
    tries: int
    droppable: bool
    size: int
    digest: str


class Released(BaseModel):
    """What came of trying a key again: how many were handled, how many are still set aside, and what the first of
    those fails with."""

    consumer: str
    key: str
    handled: int
    left: int
    reason: str | None


def set_aside_router(service: Service) -> APIRouter:
    """`/<service>/v1/set-aside`: the list, and the two ways out of it."""
    routes = json_router(f"/{service.name}/v1/set-aside", f"{service.name} set aside")

    @routes.get("", summary="Records that could not be handled, and those that wait behind them")
    async def listed(who: Signed) -> list[SetAsideOut]:
        who.require("auditor", "administrator")
        return [_shown(each) for consumer in service.consumers for each in await consumer.set_aside()]

    @routes.post("/release", summary="Try the records of that one's key again, in order")
    async def release(body: Named, who: Signed, acting: Acting, key: IdempotencyKey) -> Released:
        who.require("administrator")
        return await Ruling(service, body, who.person, dropping=False).done(acting, key)

    @routes.post("/drop", summary="Pass over a record that holds no fact, and try those behind it")
    async def drop(body: Named, who: Signed, acting: Acting, key: IdempotencyKey) -> Released:
        who.require("administrator")
        return await Ruling(service, body, who.person, dropping=True).done(acting, key)

    return routes


class Ruling:
    """What an administrator asks for one record. The fact comes first; what it tells of may be done again."""

    def __init__(self, service: Service, body: Named, by: str, *, dropping: bool) -> None:
        self._service, self._body, self._by, self._dropping = service, body, by, dropping

    async def done(self, acting: Context, key: Key) -> Released:
        """Record it and do it. Raises `Refused`: `not-found`, `wrong-state`, `unavailable`."""
        consumer = next((each for each in self._service.consumers if each.name == self._body.consumer), None)
        if consumer is None:
            raise Refused("not-found", "no consumer is called that")
        waiting = await consumer.set_aside()
        named = next((each for each in waiting if _place(each) == self._place), None)
        told = await self._service.store.replay(key) or await self._record(named, waiting, acting, key)
        if self._dropping and named is not None:
            await consumer.drop(named.record)
        return await _tried(consumer, str(told.answer["key"]))

    @property
    def _place(self) -> tuple[str, int, int]:
        return (self._body.topic, self._body.partition, self._body.offset)

    async def _record(self, named: SetAside | None, waiting: Sequence[SetAside], acting: Context, key: Key) -> Receipt:
        if named is None:
            raise Refused("not-found", "no record of that place is set aside")
        if self._dropping and (named.reason is None or holds_a_fact(named.record)):
            raise Refused("wrong-state", "only a record is dropped that failed and holds no fact of this build")
        text = _text(named.record.key)
        fact = _FACTS[self._service.name](
            consumer=self._body.consumer,
            key=text,
            waiting=sum(each.record.key == named.record.key for each in waiting),
            dropped=_dropped(named) if self._dropping else None,
            by=self._by,
            reason=self._body.reason,
        )
        stream = f"set-aside/{self._service.name}"
        command = Command(
            stream=stream,
            partitionkey=stream,
            fold=lambda _: None,
            decide=lambda _, __: [fact],
            context=acting,
            key=key,
            answer={"key": text},
        )
        return await handle(self._service.store, command)


async def _tried(consumer: Consumer, key: str) -> Released:
    before = [each for each in await consumer.set_aside() if _text(each.record.key) == key]
    handled = await consumer.release(before[0].record.key) if before else 0
    left = [each for each in await consumer.set_aside() if _text(each.record.key) == key]
    reason = left[0].reason if left else None
    return Released(consumer=consumer.name, key=key, handled=handled, left=len(left), reason=reason)


def _place(each: SetAside) -> tuple[str, int, int]:
    return (each.record.partition.topic, each.record.partition.number, each.record.offset)


def _dropped(each: SetAside) -> DroppedRecord:
    topic, partition, offset = _place(each)
    return DroppedRecord(topic=topic, partition=partition, offset=offset, digest=_digest(each))


def _digest(each: SetAside) -> str:
    return hashlib.sha256(each.record.value).hexdigest()


def _text(key: bytes) -> str:
    """A key as text: ours are UTF-8, a stranger's may be anything, also longer than a fact may be."""
    if len(key) <= LONGEST_KEY:
        return key.decode("utf-8", "backslashreplace")
    return f"{key[:LONGEST_KEY].decode('utf-8', 'backslashreplace')}… sha256:{hashlib.sha256(key).hexdigest()}"


def _shown(each: SetAside) -> SetAsideOut:
    topic, partition, offset = _place(each)
    return SetAsideOut(
        consumer=each.consumer,
        topic=topic,
        partition=partition,
        offset=offset,
        key=_text(each.record.key),
        reason=each.reason,
        tries=each.tries,
        droppable=each.reason is not None and not holds_a_fact(each.record),
        size=len(each.record.value),
        digest=_digest(each),
    )
