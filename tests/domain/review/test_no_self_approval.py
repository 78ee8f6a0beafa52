"""Whatever the sequence of commands: nobody approves their own, and a control shows that the search would find one."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from services.review.domain import appointing, duties
from services.review.domain.authority import Authority
from services.review.domain.case import Unopened, opened_case
from services.review.domain.circumstances import Actor
from services.review.domain.commands import Answer, CloseVote, MeetCondition, Recuse, Submit
from shared.events.review import (
    ConditionImposed,
    ConditionMet,
    DecisionRecorded,
    EvidenceAttached,
    EvidenceSubmitted,
    ProposedCondition,
    ReviewFact,
    SignedOff,
    VoteCast,
)
from shared.refusals import Refused
from tests.domain.review.world import MONDAY, World

SEQUENCES = 600
STEPS = 120
PEOPLE = ("rita-requester", "owen-owner", "ann", "bob", "cyd", "dan", "eve", "fay", "ada-admin")
OFFICES = (
    "reviewer:product",
    "reviewer:security",
    "discipline_lead:security",
    "board_member",
    "board_chair",
    "executive",
)


@dataclass
class Run:
    """A world and what the oracle needs besides its facts: who held and had lent which office when each was made."""

    dice: random.Random
    world: World = field(default_factory=World)
    seen: list[tuple[ReviewFact, Authority]] = field(default_factory=list)

    def play(self) -> None:
        self.world.opened(self.dice.choice(["low", "medium"]))
        for person in PEOPLE:
            self._office(person)
        if self.dice.random() < 0.8:
            self.seen += [(fact, self.world.authority) for fact in self.world.submitted().facts]
        for _ in range(STEPS):
            self.world.at(self.world.now + timedelta(minutes=self.dice.randrange(1, 300)))
            try:
                facts = self._step()
            except Refused:
                continue
            self.seen += [(fact, self.world.authority) for fact in facts]

    def _office(self, person: str) -> None:
        for role in self.dice.sample(OFFICES, self.dice.randrange(1, 4)):
            if person != "ada-admin":
                self.world.appoint(person, role)

    def _actor(self) -> Actor:
        person = self.dice.choice(PEOPLE)
        behalf = self.dice.choice(PEOPLE) if self.dice.random() < 0.2 else None
        return Actor(
            person=person,
            on_behalf_of=behalf if behalf != person else None,
            submitter=self.dice.random() < 0.05,
            administrator=person == "ada-admin",
        )

    def _step(self) -> list[ReviewFact]:
        world, actor, dice = self.world, self._actor(), self.dice
        condition = ProposedCondition(text="c", owner=dice.choice(PEOPLE), due_on=date(2027, 1, 1))
        verdict = dice.choice(
            ["approve", "approve", "approve_with_conditions", "not_applicable", "reject", "request_changes"]
        )
        conditions = (condition,) if verdict == "approve_with_conditions" else ()
        match dice.randrange(12):
            case 0:
                return world.attach(actor=actor, digest=f"{dice.getrandbits(64):064x}")
            case 1 | 2:
                return world.when(Submit(actor=actor))
            case 3 | 4 | 5:
                discipline = dice.choice(["product", "security"])
                return world.signs(discipline, verdict, actor=actor, conditions=conditions)
            case 6 | 7 | 8:
                return world.votes("", dice.choice(["approve", "approve", "reject"]), actor=actor)
            case 9:
                return world.when(self._closing(actor, condition))
            case 10:
                self._delegation()
                return world.when(Answer(actor=actor, text="done"))
            case _:
                return self._rarely(actor)

    def _closing(self, actor: Actor, condition: ProposedCondition) -> CloseVote:
        return CloseVote(
            actor=actor,
            rationale="r",
            options=(),
            evidence_digest=self.world.evidence_digest,
            policy_digest=self.world.rules.digest,
            conditions=(condition,),
        )

    def _rarely(self, actor: Actor) -> list[ReviewFact]:
        imposed = [fact for fact, _ in self.seen if isinstance(fact, ConditionImposed)]
        if imposed:
            return self.world.when(MeetCondition(actor=actor, condition_id=imposed[0].condition_id))
        return self.world.when(Recuse(actor=actor, capacity="any", reason="r"))

    def _delegation(self) -> None:
        appointment = self.dice.choice(list(self.world.authority.appointments.values()))
        self.world.offices(
            appointing.Delegate(
                by=appointment.person,
                appointment_id=appointment.id,
                receiver=self.dice.choice(PEOPLE),
                valid_from=None,
                valid_until=MONDAY + timedelta(days=400),
            )
        )


def violations(run: Run) -> list[str]:
    """Written apart from the rules: what an auditor would object to, from the facts alone."""
    opened = opened_case(run.world.state).opened
    ours, found, places = {opened.requester, opened.owner}, list[str](), dict[str, str]()
    for fact, authority in run.seen:
        match fact:
            case EvidenceAttached():
                ours.add(fact.producer)
            case EvidenceSubmitted():
                ours.add(fact.by)
            case SignedOff() | VoteCast() | ConditionMet() | DecisionRecorded(recorded_by=str()):
                by = fact.recorded_by if isinstance(fact, DecisionRecorded) else fact.by
                behalf = getattr(fact, "on_behalf_of", None)
                lent = {
                    authority.appointments[d.appointment].person
                    for d in authority.delegations.values()
                    if d.receiver == by
                }
                found += ["own side"] if {by, behalf} & ours else []
                found += ["administrator"] if by == "ada-admin" else []
                found += ["delegate of the own side"] if lent & ours else []
                place = _place(fact)
                for person in (by, behalf):
                    if person is not None and place is not None:
                        found += ["two places"] if places.setdefault(person, place) != place else []
            case _:
                pass
    return found


def _place(fact: ReviewFact) -> str | None:
    if isinstance(fact, SignedOff):
        return f"signoff:{fact.discipline}"
    return f"vote:{fact.on_behalf_of or fact.by}" if isinstance(fact, VoteCast) else None


def search(seed: int) -> tuple[list[str], Counter[type]]:
    """The violations of all sequences, and how many facts of each kind there were at all."""
    found, made = list[str](), Counter[type]()
    for number in range(SEQUENCES):
        run = Run(random.Random(seed + number))
        run.play()
        assert not isinstance(run.world.state, Unopened)
        made.update(type(fact) for fact, _ in run.seen)
        found += violations(run)
    return found, made


def test_nobody_approves_their_own() -> None:
    found, made = search(20260302)
    assert found == []
    # The search gets somewhere: it is not for lack of rulings that none was against the rules.
    assert made[SignedOff] > SEQUENCES
    assert min(made[VoteCast], made[DecisionRecorded]) > SEQUENCES / 10


def test_the_search_finds_self_approval_once_the_rule_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "conflict", lambda *_: None)
    found, _ = search(20260302)
    assert set(found) == {"administrator", "own side", "delegate of the own side", "two places"}
