"""Whatever the sequence of commands: nobody approves their own. For each rule a control shows that the search would
find what it prevents, and a floor shows that the search gets somewhere."""

from collections import Counter
from collections.abc import Callable

import pytest

from services.review.domain import duties, opening
from services.review.domain.case import Case, opened_case
from services.review.domain.circumstances import Actor
from shared.events.review import (
    ConditionMet,
    DecisionRecorded,
    ResponsibilityChanged,
    SignedOff,
    VoteCast,
)
from shared.policy.identities import Identities
from shared.policy.offices import Appointment
from shared.refusals import Refused
from tests.domain.review import search
from tests.domain.review.auditor import Auditor
from tests.domain.review.search import BEGINNINGS, ENDS, Run, sequences
from tests.domain.review.searched import searched

SEED = 20260302
FLOORS = {SignedOff: 2500, VoteCast: 5000, DecisionRecorded: 500, ConditionMet: 500, ResponsibilityChanged: 500}
REASONS = {
    "nobody rules on their own request": 8_000,
    "a delegate of the system's requester": 500,
    "who stepped back": 500,
    "one person fills one place": 4_000,
    "administrators run the installation": 1_000,
    "the office that would give the right": 400,
    "nobody confirms a condition": 50,
}
"""How often each refusal is at least on record over all sequences, by the first words of its reason."""


def objections(run: Run) -> list[str]:
    opened = opened_case(run.world.state).opened
    return Auditor(ours={opened.requester, opened.owner}, required=opened.disciplines).read(run.seen)


def test_nobody_approves_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    search = searched(sequences(SEED), objections)
    with capsys.disabled():
        search.tell("self-approvals", FLOORS)
    assert search.found == []
    assert BEGINNINGS * ENDS >= 10_000
    assert search.below(FLOORS, REASONS) == {}


def _no_duties(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "conflict", lambda *_: None)
    # The ballot has a guard of its own against one person's two votes.
    patch.setattr(search, "Refused", (Refused, ValueError))


def _rulings_stand_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "stood_aside", frozenset())


def _owners_are_not_followed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(opening, "follow_people", lambda *_: [])


def _ids_are_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Identities, "of", lambda _, person: frozenset({person}))


def _hands_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "conflict", _without_hands(duties.conflict))


def _without_hands(conflict: Callable[..., str | None]) -> Callable[..., str | None]:
    def alone(case: Case, actor: Actor, *rest: object) -> str | None:
        person = Actor(person=actor.person, on_behalf_of=actor.on_behalf_of, administrator=actor.administrator)
        return conflict(case, person, *rest)

    return alone


def _offices_last_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Appointment, "stands", lambda *_: True)


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        (_no_duties, {"administrator", "own side", "delegate of the own side", "two places", "stepped back"}),
        (_rulings_stand_for_ever, {"a sign-off that counted", "a vote that counted"}),
        (_owners_are_not_followed, {"own side", "a sign-off that counted"}),
        (_ids_are_compared, {"own side", "two places", "their own condition", "a sign-off that counted"}),
        (_hands_are_not_looked_at, {"own side", "two places"}),
        (_offices_last_for_ever, {"no office"}),
    ],
)
def test_the_search_finds_self_approval_once_a_rule_is_gone(
    remove: Callable[[pytest.MonkeyPatch], None], expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(monkeypatch)
    found = Counter(one for run, _ in sequences(SEED, 60, 20) for one in objections(run))
    assert found.keys() >= expected, found
