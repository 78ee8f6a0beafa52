"""Whatever the sequence of commands: nobody overrides the tier of their own, or what they proposed; a tier goes down by
one vote more than it goes up. For each rule a control shows that the search would find what it prevents."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from services.review.domain import duties, overriding, tabling
from services.review.domain.matter import Matter
from services.review.domain.override import Override
from shared.events.review import (
    OverrideDecided,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideVoteCast,
)
from shared.policy.authority import Rule
from shared.policy.identities import Identities
from shared.policy.offices import Appointment
from shared.refusals import Refused
from tests.domain.review import search
from tests.domain.review.auditor import Auditor, in_office
from tests.domain.review.motion import Contest
from tests.domain.review.search import BEGINNINGS, ENDS, Seen, sequences_of
from tests.domain.review.searched import searched
from tests.domain.review.world import rules

SEED = 20260302
FLOORS = {OverrideVoteCast: 10_000, OverrideDecided: 1_500, OverrideRecusalDeclared: 2_000, OverridePeopleJoined: 500}
REASONS = {
    "nobody rules on their own request": 8_000,
    "a delegate of the system's requester": 500,
    "who stepped back": 500,
    "one person fills one place": 1_000,
    "administrators run the installation": 1_000,
    "the office that would give the right": 200,
}


@dataclass
class OverrideAuditor(Auditor):
    """What an auditor would object to in an override, from what happened and was told alone."""

    ballots: dict[str, tuple[OverrideVoteCast, set[str]]] = field(default_factory=dict)

    def _happened(self, fact: object, seen: Seen) -> None:
        involved = set() if seen.actor is None else set(seen.actor.involved)
        match fact:
            case OverrideRecusalDeclared():
                self.recused.add(fact.by)
            case OverrideVoteCast():
                self._voted(fact, involved, seen)
            case OverrideDecided():
                self._entitled(involved, seen)
                self._carried(fact)
            case _:
                pass

    def _voted(self, fact: OverrideVoteCast, involved: set[str], seen: Seen) -> None:
        self._entitled(involved, seen)
        self.found += [] if in_office(fact, seen.authority, seen.now) else ["no office"]
        place = f"vote:{fact.on_behalf_of or fact.by}"
        self.found += ["two places"] if any(self._places_of({one}) - {place} for one in involved) else []
        for one in involved:
            self.places[one].add(place)
        self.ballots[fact.on_behalf_of or fact.by] = fact, involved

    def _carried(self, decision: OverrideDecided) -> None:
        """No decision rests on the vote of one who may not, and none is approved by fewer than the policy asks for."""
        twice = {one for one in list(self.places) if len(self._places_of({one})) > 1}
        out = self._all(self.ours | self.recused | twice)
        standing = [fact.choice for fact, by in self.ballots.values() if not by & out]
        if (decision.votes_for, decision.votes_against) != (standing.count("approve"), standing.count("reject")):
            self.found.append("a vote that counted")
        more = decision.votes_for - decision.votes_against
        if decision.outcome == "approved" and (more < 1 or (decision.downgrade and more < 2)):
            self.found.append("too few votes")
        if len(standing) < decision.quorum or decision.quorum < (3 if decision.downgrade else 2):
            self.found.append("no quorum")


def objections(run: Contest) -> list[str]:
    tabled = run.world.override.tabled
    ours = {*tabled.people, tabled.proposed_by, *filter(None, (tabled.hand,))}
    return OverrideAuditor(ours=ours, required=()).read(run.seen)


def test_nobody_overrides_the_tier_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    search = searched(sequences_of(Contest, SEED), objections)
    with capsys.disabled():
        search.tell("overrides of one's own", FLOORS)
    assert search.found == []
    assert BEGINNINGS * ENDS >= 10_000
    assert search.below(FLOORS, REASONS) == {}


def _no_duties(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "conflict", lambda *_: None)
    # The ballot has a guard of its own against one person's two votes.
    patch.setattr(search, "Refused", (Refused, ValueError))


def _rulings_stand_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Matter, "stood_aside", frozenset())
    patch.setattr(search, "Refused", (Refused, ValueError))


def _owners_are_not_followed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tabling, "follow", lambda *_: [])


def _ids_are_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Identities, "of", lambda _, person: frozenset({person}))


def _who_proposed_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Override, "requesting", property(lambda self: frozenset(self.tabled.people)))


def _offices_last_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Appointment, "stands", lambda *_: True)


def _down_is_as_easy_as_up(patch: pytest.MonkeyPatch) -> None:
    upwards: Rule = rules().matrix.for_decision("tier-upgrade", "high")
    patch.setattr(overriding, "rule_of", lambda *_: upwards)


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        (_no_duties, {"administrator", "own side", "delegate of the own side", "two places", "stepped back"}),
        (_rulings_stand_for_ever, {"a vote that counted"}),
        (_owners_are_not_followed, {"own side", "a vote that counted"}),
        (_ids_are_compared, {"own side", "two places", "a vote that counted"}),
        (_who_proposed_is_forgotten, {"own side"}),
        (_offices_last_for_ever, {"no office"}),
        (_down_is_as_easy_as_up, {"too few votes"}),
    ],
)
def test_the_search_finds_it_once_a_rule_is_gone(
    remove: Callable[[pytest.MonkeyPatch], None], expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(monkeypatch)
    found = Counter(one for run, _ in sequences_of(Contest, SEED, 60, 20) for one in objections(run))
    assert found.keys() >= expected, found
