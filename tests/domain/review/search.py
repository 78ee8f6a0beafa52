"""Sequences of commands on one review, at random: roles, delegations, hands, owners and identities change meanwhile.

A sequence is a beginning that it shares with some others, and an end of its own.
"""

import random
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Self, TypeVar

from services.review.domain import duties
from services.review.domain.appointing import Appoint, Delegate, EndAppointment, EndDelegation, Join
from services.review.domain.authority import Authority
from services.review.domain.case import AwaitingAnswers, Decided, Gathering, opened_case
from services.review.domain.circumstances import Actor
from services.review.domain.commands import (
    Answer,
    CloseVote,
    FollowJoining,
    FollowPeople,
    MeetCondition,
    Recuse,
    Submit,
)
from shared.events.review import ConditionImposed, ProposedCondition, ReviewFact
from shared.refusals import Refused
from tests.domain.review.world import ADMIN, MONDAY, World

BEGINNINGS: Final = 500
ENDS: Final = 20
"""Ends to each beginning: their product is the number of sequences."""
BEGUN: Final = 40
ENDED: Final = 12
"""Steps of a beginning and of an end."""
STAFF: Final = ("ann", "bob", "cyd", "dan", "eve", "fay", "gil", "hal", "ivy", "jon", "kim", "leo")
PEOPLE: Final = ("rita-requester", "owen-owner", *STAFF, ADMIN)
OFFICES: Final = (
    "reviewer:product",
    "reviewer:security",
    "discipline_lead:security",
    "board_member",
    "board_chair",
    "executive",
)
BOARD: Final = ("board_member", "board_chair")
VERDICTS: Final = ("approve", "approve_with_conditions", "not_applicable", "reject", "request_changes")
LIKELY: Final = (10, 6, 2, 1, 1)


@dataclass(frozen=True)
class Seen:
    """What happened, or was told (a change of people, a joining), by whom, and who held which office then."""

    what: ReviewFact | FollowPeople | Join
    authority: Authority
    now: datetime
    actor: Actor | None = None


@dataclass
class Run:
    """A world, and all that was seen in it."""

    dice: random.Random
    world: World = field(default_factory=World)
    seen: list[Seen] = field(default_factory=list)

    def begin(self) -> None:
        """A review with its offices, in most cases already handed in."""
        self.world.opened(self.dice.choice(["low", "medium"]))
        for person in PEOPLE:
            for role in self.dice.sample(OFFICES, self.dice.randrange(1, 3)):
                if person != ADMIN:
                    self.world.appoint(person, role)
        if self.dice.random() < 0.9:
            submitter = Actor(person="rita-requester")
            self.seen += [Seen(fact, self.world.authority, MONDAY, submitter) for fact in self.world.submitted().facts]
        self.play(BEGUN)

    def branch(self, seed: int) -> Self:
        """The same so far, with other dice."""
        world = replace(self.world, facts=list(self.world.facts), numbers=copy(self.world.numbers))
        return type(self)(random.Random(seed), world, list(self.seen))

    def play(self, steps: int) -> None:
        """So many commands; what is refused without a fact has no consequence."""
        for _ in range(steps):
            self.world.at(self.world.now + timedelta(minutes=self.dice.randrange(1, 300)))
            try:
                actor, facts = self._step()
            except Refused:
                continue
            self.seen += [Seen(fact, self.world.authority, self.world.now, actor) for fact in facts]

    def _actor(self, *roles: str) -> Actor:
        """Anybody; in half of the cases somebody who holds one of the roles, or to whom it was lent."""
        person, behalf = self.dice.choice(PEOPLE), self.dice.choice(PEOPLE) if self.dice.random() < 0.1 else None
        if roles and self.dice.random() < 0.5:
            held = {one.id: one for one in self.world.authority.appointments.values() if one.role in roles}
            lent = [one for one in self.world.authority.delegations.values() if one.appointment in held]
            if lent and self.dice.random() < 0.3:
                one = self.dice.choice(lent)
                person, behalf = one.receiver, held[one.appointment].person
            elif held:
                person, behalf = self.dice.choice(list(held.values())).person, None
        return Actor(
            person=person,
            on_behalf_of=behalf if behalf != person else None,
            administrator=person == ADMIN,
            hand=self.dice.choice(PEOPLE) if self.dice.random() < 0.04 else None,
        )

    def _submitter(self) -> Actor:
        """One who may hand in the evidence, mostly; now and then anybody who may for every system, or tries."""
        if self.dice.random() < 0.7:
            return Actor(person="rita-requester")
        # No office is used in handing in, so none is lent for it.
        return replace(self._actor(), on_behalf_of=None, submitter=self.dice.random() < 0.2)

    def _step(self) -> tuple[Actor | None, list[ReviewFact]]:
        """One command, mostly of a kind for which it is time."""
        world, state, die = self.world, self.world.state, self.dice.random()
        if die < 0.1:
            return None, self._meanwhile()
        if isinstance(state, Decided):
            return self._by(self._confirming, *BOARD, *OFFICES)
        if die < 0.15 or isinstance(state, AwaitingAnswers) or (isinstance(state, Gathering) and die < 0.5):
            return self._submitting()
        if die < 0.16:
            return self._by(lambda actor: world.when(Recuse(actor=actor, capacity="any", reason="r")))
        case = opened_case(state)
        if case.outstanding(world.rules.digest) and die < 0.9:
            discipline = self.dice.choice(case.outstanding(world.rules.digest))
            return self._by(lambda actor: self._signing(actor, discipline), *duties.office_of(discipline))
        if die < 0.85:
            return self._by(self._voting, *BOARD)
        return self._by(lambda actor: world.when(self._closing(actor)), *BOARD)

    def _by(self, does: Callable[[Actor], list[ReviewFact]], *roles: str) -> tuple[Actor, list[ReviewFact]]:
        actor = self._actor(*roles)
        return actor, does(actor)

    def _submitting(self) -> tuple[Actor, list[ReviewFact]]:
        actor, state = self._submitter(), self.world.state
        if isinstance(state, AwaitingAnswers) and self.dice.random() < 0.8:
            return actor, self.world.when(Answer(actor=actor, text="done"))
        if isinstance(state, Gathering) and self.dice.random() < 0.6:
            return actor, self.world.when(Submit(actor=actor))
        return actor, self.world.attach(actor=actor, digest=f"{self.dice.getrandbits(64):064x}")

    def _signing(self, actor: Actor, discipline: str) -> list[ReviewFact]:
        verdict = self.dice.choices(VERDICTS, LIKELY)[0]
        conditions = (self._condition(),) if verdict == "approve_with_conditions" else ()
        return self.world.signs(discipline, verdict, actor=actor, conditions=conditions)

    def _voting(self, actor: Actor) -> list[ReviewFact]:
        case = opened_case(self.world.state)
        confirms = [name for name, one in case.verdicts.items() if one.verdict == "not_applicable"]
        return self.world.votes("", self.dice.choices(["approve", "reject"], [5, 1])[0], actor=actor, confirms=confirms)

    def _meanwhile(self) -> list[ReviewFact]:
        """What changes around the review: people come to answer for it, ids are joined, offices come and go."""
        one, other = self.dice.sample(PEOPLE, 2)
        match self.dice.randrange(8):
            case 0:
                told = FollowPeople(owner=one, people=frozenset({other}), as_of=self.world.now)
                return self._told(told, self.world.when(told))
            case 1:
                joined = Join(person=one, other=other)
                if not self.world.authority.identities.same(one, other):
                    self.world.offices(joined)
                return self._told(joined, self.world.when(FollowJoining()))
            case 2:
                self._ended()
            case 3:
                self._appointed(one)
            case _:
                self._lent(other)
        return []

    def _told(self, what: FollowPeople | Join, facts: list[ReviewFact]) -> list[ReviewFact]:
        self.seen.append(Seen(what, self.world.authority, self.world.now))
        return facts

    def _appointed(self, person: str) -> None:
        role = self.dice.choice(OFFICES)
        appoint = Appoint(
            by=ADMIN, may_appoint=True, person=person, role=role, scope="all", valid_from=None, valid_until=None
        )
        self.world.offices(appoint)

    def _ended(self) -> None:
        held, lent = self.world.authority.appointments, self.world.authority.delegations
        if lent and self.dice.random() < 0.5:
            self.world.offices(
                EndDelegation(by=ADMIN, may_appoint=True, delegation_id=self.dice.choice(list(lent.values())).id)
            )
        else:
            one = self.dice.choice(list(held.values()))
            self.world.offices(EndAppointment(by=ADMIN, may_appoint=True, appointment_id=one.id, reason="moved"))

    def _lent(self, receiver: str) -> None:
        appointment = self.dice.choice(list(self.world.authority.appointments.values()))
        self.world.offices(
            Delegate(
                by=appointment.person,
                appointment_id=appointment.id,
                receiver=receiver,
                valid_from=None,
                valid_until=MONDAY + timedelta(days=400),
            )
        )

    def _condition(self) -> ProposedCondition:
        return ProposedCondition(text="c", owner=self.dice.choice(PEOPLE), due_on=date(2027, 1, 1))

    def _closing(self, actor: Actor) -> CloseVote:
        return CloseVote(
            actor=actor,
            rationale="r",
            options=(),
            evidence_digest=self.world.evidence_digest,
            policy_digest=self.world.rules.digest,
            conditions=(self._condition(),),
        )

    def _confirming(self, actor: Actor) -> list[ReviewFact]:
        imposed = [one.what for one in self.seen if isinstance(one.what, ConditionImposed)]
        if not imposed:
            return []
        return self.world.when(MeetCondition(actor=actor, condition_id=self.dice.choice(imposed).condition_id))


R = TypeVar("R", bound=Run)


def sequences(seed: int, beginnings: int = BEGINNINGS, ends: int = ENDS) -> Iterator[tuple[Run, int]]:
    """Every sequence on a review."""
    return sequences_of(Run, seed, beginnings, ends)


def sequences_of(of: type[R], seed: int, beginnings: int = BEGINNINGS, ends: int = ENDS) -> Iterator[tuple[R, int]]:
    """Every sequence, with the number of things seen in the beginning that others share and have shown already."""
    for number in range(beginnings):
        begun = of(random.Random(f"{seed}/{number}"))
        begun.begin()
        for end in range(ends):
            run = begun.branch(hash((seed, number, end)))
            run.play(ENDED)
            yield run, 0 if end == 0 else len(begun.seen)
