"""How answers look: a command's receipt, the page of a list, and people by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.events.envelope import stamp
from shared.runtime.people import Card
from shared.store.port import Receipt


def receipt_of(receipt: Receipt) -> dict[str, Any]:
    """What a command became: durable at this position. A retry with the same key gets the same answer."""
    return {
        **receipt.answer,
        "version": receipt.version,
        "position": receipt.position,
        "recorded_at": stamp(receipt.recordedtime),
        "replayed": receipt.replayed,
    }


def listing(items: Sequence[Mapping[str, Any]], cursor: str | None) -> dict[str, Any]:
    """One page of a list; `next` leads to the one after, None on the last."""
    return {"items": list(items), "next": cursor}


def shown(person: str, cards: Mapping[str, Card]) -> dict[str, Any]:
    """A person on a page: their id, and their name as long as they are not forgotten."""
    card = cards.get(person)
    return {"id": person, "name": card.name if card else None}
