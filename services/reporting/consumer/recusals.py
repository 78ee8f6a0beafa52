"""Who rules on nothing of a review any more."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from services.reporting import tables
from services.reporting.consumer.folding import Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from shared.events import review


class StoodAsideRow(Struct, frozen=True, kw_only=True):
    """Somebody who rules on nothing of a review any more: recused, or one side with the request."""

    review_id: str
    person: str
    since: datetime | None = None


def _keys(heard: Heard) -> Iterable[Key]:
    match heard.fact:
        case review.RecusalDeclared() as fact:
            return [(fact.review_id, fact.by)]
        case review.ResponsibilityChanged() as fact:
            return [(fact.review_id, person) for person in dict.fromkeys((fact.owner, *fact.joined))]
        case _:
            return []


STOOD_ASIDE = Folded(
    tables.stood_aside,
    StoodAsideRow,
    _keys,
    lambda key: StoodAsideRow(review_id=str(key[0]), person=str(key[1])),
    lambda row, heard: replace(row, since=row.since or heard.envelope.time),
)
