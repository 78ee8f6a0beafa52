"""What differs between two descriptions, and what that did to the triage, in words."""

from collections.abc import Mapping, Sequence

from services.intake.domain.commands import Description
from services.intake.domain.rules import Assessment
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


def in_words(before: Assessment, after: Assessment) -> tuple[str, ...]:
    """How the second triage differs from the first, one sentence each; it says so when nothing differs."""
    sentences = [_tier(before, after)]
    if before.score != after.score:
        sentences.append(f"the score goes from {before.score} to {after.score}")
    known, found = {rule.rule for rule in before.fired}, {rule.rule for rule in after.fired}
    sentences += [f"now applies: {rule.reason}" for rule in after.fired if rule.rule not in known]
    sentences += [f"no longer applies: {rule.reason}" for rule in before.fired if rule.rule not in found]
    sentences += _gained_and_lost("reviewed also by", before.disciplines, after.disciplines)
    sentences += _gained_and_lost("no longer reviewed by", after.disciplines, before.disciplines)
    return tuple(sentences)


def _tier(before: Assessment, after: Assessment) -> str:
    if before.tier == after.tier:
        return f"the proposed tier stays {after.tier}"
    return f"the proposed tier goes from {before.tier} to {after.tier}"


def _gained_and_lost(words: str, one: Sequence[str], other: Sequence[str]) -> list[str]:
    gained = [discipline for discipline in other if discipline not in one]
    return [f"{words} {', '.join(gained)}"] if gained else []
