"""A small world in which overrides are played, and the sequences of commands on one, at random."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, cast

from services.review.domain.appointing import Join
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.commands import FollowPeople
from services.review.domain.override import BeforeBoard, Override, State, Untabled, evolve, known
from services.review.domain.override_commands import CloseOn, Command, Follow, StepBack, Table, VoteOn
from services.review.domain.overriding import decide
from shared.events.intake import OverrideProposed, RequiredEvidence
from shared.events.review import OverrideFact
from tests.domain.review.search import BOARD, Run, Seen
from tests.domain.review.world import ADMIN, MONDAY, World, rules

OVERRIDE = "44444444-4444-4444-8444-444444444444"
PROPOSER = "tomas"


def proposed(**changed: Any) -> OverrideProposed:
    values: dict[str, Any] = {
        "system_id": "22222222-2222-4222-8222-222222222222",
        "override_id": OVERRIDE,
        "intake_id": "33333333-3333-4333-8333-333333333333",
        "round": 1,
        "name": "Summariser",
        "from_tier": "prohibited",
        "to_tier": "high",
        "downgrade": True,
        "rationale": "the answer was a misreading",
        "accountable_owner": "owen-owner",
        "by": PROPOSER,
        "people": ("owen-owner", "rita-requester"),
        "disciplines": ("product", "security"),
        "evidence": (RequiredEvidence(artefact="system-card", level="full"),),
        "answers_digest": "a" * 64,
        "policy_version": "2026.1",
        "policy_digest": rules().digest,
        "business_unit": "Retail",
        "product_area": "Search",
    }
    return OverrideProposed(**values | changed)


@dataclass
class Motion(World):
    """One override instead of a review."""

    matter: State = field(default_factory=Untabled)

    def then(self, command: Command) -> list[OverrideFact]:
        """Decide, and let what was decided happen. Raises what `decide` refuses."""
        at = Circumstances(now=self.now, rules=self.rules, authority=self.authority, ids=lambda name: name)
        decided = list(decide(self.matter, command, at))
        self.matter = reduce(evolve, decided, self.matter)
        return decided

    def tabled(self, **changed: Any) -> "Motion":
        self.then(Table(proposed=proposed(**changed), proposed_at=MONDAY))
        return self

    @property
    def override(self) -> Override:
        return known(self.matter)

    def vote(self, by: str | Actor, choice: str = "approve", **changed: Any) -> list[OverrideFact]:
        return self.then(VoteOn(**self._ruling(by) | {"choice": choice} | changed))

    def close(self, by: str | Actor = "chair", **changed: Any) -> list[OverrideFact]:
        return self.then(CloseOn(**self._ruling(by) | {"options": ("override", "leave it")} | changed))

    def _ruling(self, by: str | Actor) -> dict[str, Any]:
        return {
            "actor": by if isinstance(by, Actor) else Actor(person=by),
            "rationale": "weighed",
            "proposal_digest": self.override.tabled.proposal_digest,
            "policy_digest": self.rules.digest,
        }


@dataclass
class Contest(Run):
    """A run over an override: its proposer and the system's people sit on the board, too."""

    world: Motion = field(default_factory=Motion)

    def begin(self) -> None:
        """A proposal before a board, some of whom have a stake in it."""
        downgrade = self.dice.random() < 0.5
        tiers = {"from_tier": "high", "to_tier": "low"} if downgrade else {"from_tier": "low", "to_tier": "high"}
        hand = self.dice.choice((None, "leo"))
        self.world.tabled(**tiers, downgrade=downgrade, by="kim", hand=hand)
        for person in ("rita-requester", "owen-owner", *_MEMBERS):
            self.world.appoint(person, self.dice.choice(BOARD))
        self.play(8)

    def _step(self) -> tuple[Actor | None, list[Any]]:
        if self.dice.random() < 0.1:
            return None, self._meanwhile()
        actor = self._actor(*BOARD)
        if not isinstance(self.world.matter, BeforeBoard):
            return actor, []
        match self.dice.randrange(12):
            case 0:
                return actor, cast(list[Any], self.world.then(StepBack(actor=actor, reason="r")))
            case 1 | 2:
                return actor, cast(list[Any], self.world.close(actor))
            case _:
                choice = self.dice.choices(["approve", "reject", "abstain"], [6, 2, 1])[0]
                return actor, cast(list[Any], self.world.vote(actor, choice))

    def _meanwhile(self) -> list[Any]:
        """Others come to answer for the system, ids are joined, offices come and go."""
        one, other = self.dice.sample((*_MEMBERS, "rita-requester", "owen-owner", ADMIN), 2)
        match self.dice.randrange(7):
            case 6:
                told = FollowPeople(owner=one, people=frozenset({other}), as_of=self.world.now)
                self.seen.append(Seen(told, self.world.authority, self.world.now))
                return cast(list[Any], self.world.then(Follow(people=frozenset({one, other}), as_of=self.world.now)))
            case 0 if not self.world.authority.identities.same(one, other):
                self.world.offices(Join(person=one, other=other))
                self.seen.append(Seen(Join(person=one, other=other), self.world.authority, self.world.now))
            case 1:
                self._ended()
            case 2:
                self._appointed(one)
            case _:
                self._lent(other)
        return []


_MEMBERS = ("ann", "bob", "cyd", "dan", "eve", "fay", "gil", "kim", "leo")


def kinds_of(facts: Sequence[OverrideFact]) -> list[str]:
    """What kinds of facts these are, in order."""
    return [type(fact).__name__ for fact in facts]
