"""How people look in review's answers."""

from collections.abc import Mapping

from services.review.api.shapes import PersonOut
from shared.runtime.people import Card


def shown(person: str, cards: Mapping[str, Card]) -> PersonOut:
    """A person on a page: their id, and their name as long as they are not forgotten."""
    card = cards.get(person)
    return {"id": person, "name": card.name if card else None}
