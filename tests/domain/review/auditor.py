"""What an auditor would object to in a review, from what happened and was told alone: written apart from the rules."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.review.domain.appointing import Join
from services.review.domain.authority import Authority
from services.review.domain.commands import FollowPeople
from shared.events.review import (
    ChangesAnswered,
    ConditionImposed,
    ConditionMet,
    DecisionRecorded,
    EvidenceAttached,
    EvidenceSubmitted,
    OverrideVoteCast,
    RecusalDeclared,
    ReviewFact,
    SignedOff,
    VoteCast,
)
from tests.domain.review.search import Seen
from tests.domain.review.world import ADMIN

Ruling = SignedOff | VoteCast | ConditionMet


@dataclass
class Auditor:
    """Reads a review from its beginning; `found` are the objections."""

    ours: set[str]
    required: tuple[str, ...]
    found: list[str] = field(default_factory=list)
    ids: dict[str, set[str]] = field(default_factory=dict)
    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    recused: set[str] = field(default_factory=set)
    signed: dict[str, tuple[SignedOff, set[str]]] = field(default_factory=dict)
    voted: dict[str, tuple[VoteCast, set[str]]] = field(default_factory=dict)
    conditions: dict[str, ConditionImposed] = field(default_factory=dict)

    def read(self, seen: Iterable[Seen]) -> list[str]:
        """All objections."""
        for one in seen:
            match one.what:
                case FollowPeople(owner=owner, people=people):
                    self.ours |= {owner, *people}
                case Join(person=person, other=other):
                    whole = self._all({person, other})
                    self.ids |= dict.fromkeys(whole, whole)
                case fact:
                    self._happened(fact, one)
        return self.found

    def _happened(self, fact: ReviewFact, seen: Seen) -> None:
        involved = set() if seen.actor is None else set(seen.actor.involved)
        match fact:
            case EvidenceAttached() | EvidenceSubmitted() | ChangesAnswered():
                self.ours |= involved
            case RecusalDeclared():
                self.recused.add(fact.by)
            case ConditionImposed():
                self.conditions[fact.condition_id] = fact
            case SignedOff() | VoteCast() | ConditionMet():
                self._ruled(fact, involved, seen)
            case DecisionRecorded():
                if fact.recorded_by is not None:
                    self._entitled(involved, seen)
                self._counted(fact)
            case _:
                pass

    def _ruled(self, fact: Ruling, involved: set[str], seen: Seen) -> None:
        self._entitled(involved, seen)
        if isinstance(fact, ConditionMet):
            own = self._all({self.conditions[fact.condition_id].owner})
            self.found += ["their own condition"] if own & involved else []
            return
        if not in_office(fact, seen.authority, seen.now):
            self.found.append("no office")
        place = f"signoff:{fact.discipline}" if isinstance(fact, SignedOff) else f"vote:{fact.on_behalf_of or fact.by}"
        if any(self._places_of({one}) - {place} for one in involved):
            self.found.append("two places")
        for one in involved:
            self.places[one].add(place)
        if isinstance(fact, SignedOff):
            self.signed[fact.discipline] = fact, involved
        else:
            self.voted[fact.on_behalf_of or fact.by] = fact, involved

    def _entitled(self, involved: set[str], seen: Seen) -> None:
        everybody, ours = self._all(involved), self._all(self.ours)
        self.found += ["own side"] if everybody & ours else []
        self.found += ["administrator"] if seen.actor is not None and seen.actor.person == ADMIN else []
        self.found += ["stepped back"] if everybody & self._all(self.recused) else []
        lent = {
            seen.authority.appointments[one.appointment].person
            for one in seen.authority.delegations.values()
            if one.receiver in everybody and one.valid_from <= seen.now < one.valid_until
        }
        self.found += ["delegate of the own side"] if lent & ours else []

    def _counted(self, decision: DecisionRecorded) -> None:
        """No decision rests on a ruling of somebody who has come to the request's side, or ruled twice, since."""
        twice = {one for one in list(self.places) if len(self._places_of({one})) > 1}
        out = self._all(self.ours | self.recused | twice)
        for discipline in self.required:
            _, by = self.signed[discipline]
            self.found += ["a sign-off that counted"] if by & out else []
        on_this = (one for one in self.voted.values() if one[0].evidence_digest == decision.evidence_digest)
        approving = [by for one, by in on_this if one.choice == "approve"]
        if decision.votes_for > sum(not by & out for by in approving):
            self.found.append("a vote that counted")

    def _places_of(self, people: Iterable[str]) -> set[str]:
        return set().union(*(self.places[one] for one in self._all(people)))

    def _all(self, people: Iterable[str]) -> set[str]:
        return set().union(*(self.ids.get(one, {one}) for one in people))


def in_office(fact: SignedOff | VoteCast | OverrideVoteCast, authority: Authority, now: datetime) -> bool:
    """Whether the office by which somebody ruled was theirs then, or lent to them."""
    office = authority.appointments[str(fact.appointment_id)]
    stands = office.valid_from <= now and (office.valid_until is None or now < office.valid_until)
    if fact.on_behalf_of is None:
        return stands and office.person == fact.by
    lent = (
        one.appointment == office.id and one.receiver == fact.by and one.valid_from <= now < one.valid_until
        for one in authority.delegations.values()
    )
    return stands and office.person == fact.on_behalf_of and any(lent)
