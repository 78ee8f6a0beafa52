"""What differs between two descriptions of a system."""

from collections.abc import Mapping, Sequence

from services.intake.domain.commands import Description
from services.intake.domain.state import Profile, Submission
from shared.events.fact import Answer

_PLACES = ("region", "business_unit", "product_area", "team")


def changed_answers(known: Mapping[str, Answer], told: Mapping[str, Answer]) -> tuple[str, ...]:
    """Attributes answered otherwise than before, or on one side only."""
    return tuple(sorted(name for name in known.keys() | told.keys() if known.get(name) != told.get(name)))


def changed_places(known: Profile, told: Description) -> dict[str, str]:
    """Of region to team, those that the description states otherwise than known."""
    return {
        place: stated
        for place in _PLACES
        if (stated := getattr(told, place)) is not None and stated != getattr(known, place)
    }


def changes(profile: Profile, submission: Submission, told: Description, texts_changed: Sequence[str]) -> list[str]:
    """The names of everything that a new description changes, in a stable order."""
    people_and_name = [field for field in ("name", "owner") if getattr(profile, field) != getattr(told, field)]
    return [
        *people_and_name,
        *changed_places(profile, told),
        *changed_answers(submission.answers, told.answers),
        *sorted(texts_changed),
    ]
