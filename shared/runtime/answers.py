"""How answers look in every service: a command's receipt, the page of a list."""

from collections.abc import Sequence
from typing import Generic, TypedDict, TypeVar, cast

from shared.events.envelope import stamp
from shared.store.port import Receipt

T = TypeVar("T")


class Recorded(TypedDict):
    """What a command became: durable at this position of the log, as this version of its stream.

    Both are null where nothing changed. `replayed`: an earlier request with the same key got this receipt.
    """

    version: int | None
    position: int | None
    recorded_at: str
    replayed: bool


class Listing(TypedDict, Generic[T]):
    """One page of a list; `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None


def receipt_of(shape: type[T], receipt: Receipt) -> T:
    """The receipt in the `shape` that the command's own answer and `Recorded` make together."""
    recorded = Recorded(
        version=receipt.version,
        position=receipt.position,
        recorded_at=stamp(receipt.recordedtime),
        replayed=receipt.replayed,
    )
    return cast(T, {**receipt.answer, **recorded})


def listing(items: Sequence[T], cursor: str | None) -> Listing[T]:
    """One page of a list; `cursor` leads to the one after."""
    return {"items": list(items), "next": cursor}
