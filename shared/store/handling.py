"""How every use case runs: read, fold, decide, append at the version read, at most five times.

Ids are functions of the command's key (uuid5), so a retry writes the same events and a seeded play the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha1
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from shared.events.fact import Fact
from shared.refusals import Refused
from shared.store.port import Append, Context, EventStore, Key, NewEvent, Past, Receipt, StreamAppend, VersionConflict

ATTEMPTS: Final = 5
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class At:
    """A fact that happened at another time than the command's (DESIGN 2: a breach, a launch reported later)."""

    fact: Fact
    time: datetime


Decided = Fact | At


@cache
def _namespace(installation: str) -> bytes:
    return UUID(installation).bytes


def _uuid5(installation: str, name: str) -> str:
    """As `uuid.uuid5` and `str`, in a fifth of their time: every event has one, every command some more."""
    made = bytearray(sha1(_namespace(installation) + name.encode(), usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    text = made.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids that one command may give away: the same command always gets the same ones."""

    installation: str
    key: Key

    def __call__(self, name: str) -> str:
        """The id called `name` of this command, a UUID."""
        return _uuid5(self.installation, f"{self.key.scope}|{self.key.value}|{name}")


@dataclass(frozen=True, kw_only=True)
class Command(Generic[S]):
    """One use case: which stream, how to fold it, and what to decide on its state at the store's time.

    Streams `beside` it are read too and given to `fold` after the first; what is decided holds only if they, too,
    are still what was read.
    """

    stream: str
    partitionkey: str
    fold: Callable[..., S]
    decide: Callable[[S, datetime], Sequence[Decided]]
    context: Context
    key: Key
    answer: Mapping[str, Any] = field(default_factory=dict)
    answer_of: Callable[[Sequence[Decided]], Mapping[str, Any]] | None = None
    if_version: int | None = None
    beside: Sequence[str] = ()


async def handle(store: EventStore, command: Command[S]) -> Receipt:
    """Run a command to its receipt; a repeat of its key gets the first receipt without deciding again.

    Raises what `decide` refuses, `Refused("version-conflict")` if `if_version` is stale, and
    `Refused("too-contended")` when the race was lost five times.
    """
    for _ in range(ATTEMPTS):
        if (receipt := await store.replay(command.key)) is not None:
            return receipt
        beside = [await store.read(stream) for stream in command.beside]
        past = await store.read(command.stream)
        try:
            decided = _decided(command, past, beside)
            return await store.append(_append(store, command, past, beside, decided))
        except VersionConflict:
            continue
        except Refused:
            # Sent twice at once, the other may have been kept between our two readings: then it is what changed the
            # stream that we refuse for, and its receipt is the answer to both.
            if (receipt := await store.replay(command.key)) is not None:
                return receipt
            raise
    raise Refused("too-contended", f"{command.stream} was changed by others {ATTEMPTS} times meanwhile")


def _decided(command: Command[S], past: Past, beside: Sequence[Past]) -> Sequence[Decided]:
    if command.if_version is not None and command.if_version != past.version:
        raise Refused("version-conflict", f"the current version is {past.version}")
    return command.decide(command.fold(past, *beside), past.now)


def events_of(ids: Ids, decided: Sequence[Decided], now: datetime) -> list[NewEvent]:
    """Decided facts as events with their ids and times."""
    return [
        NewEvent(
            id=ids(f"event/{number}"),
            fact=one.fact if isinstance(one, At) else one,
            time=one.time if isinstance(one, At) else now,
        )
        for number, one in enumerate(decided)
    ]


def _append(
    store: EventStore, command: Command[S], past: Past, beside: Sequence[Past], decided: Sequence[Decided]
) -> Append:
    answer = command.answer_of(decided) if command.answer_of is not None else command.answer
    events = events_of(Ids(store.installation, command.key), decided, past.now)
    own = StreamAppend(stream=past.stream, partitionkey=command.partitionkey, expected=past.version, events=events)
    unchanged = [
        StreamAppend(stream=each.stream, partitionkey=_key_of(each), expected=each.version, events=())
        for each in beside
    ]
    return Append(streams=[own, *unchanged] if events else [], context=command.context, key=command.key, answer=answer)


def _key_of(past: Past) -> str:
    """The key that a stream has had from its first event on; the stream's own name for one without events."""
    return past.events[0].envelope.partitionkey if past.events else past.stream
