"""Who may decide what: the authority matrix as data, and what can be read off it."""

from typing import Final, Literal

from shared.policy.condition import Data

Body = Literal["person", "disciplines", "board", "nobody"]
REQUESTER: Final = "requester"
OWNER: Final = "owner"
RELATIONS: Final = frozenset({REQUESTER, OWNER})
"""The relations to a matter by which the product looks whether somebody is barred from it."""
LAUNCHED_UNREVIEWED: Final = "launched-unreviewed"
"""The trigger of a launch without a known valid approval."""


_WHOLE: Final = 100


class Quorum(Data, frozen=True, kw_only=True):
    """How many seats must have voted: a percentage of those that may vote, rounded up, and never fewer than that."""

    percent: int
    at_least: int

    def of(self, seats: int) -> int:
        """The votes (abstentions included) that make a quorum of so many seats."""
        return max(self.at_least, -(-seats * self.percent // 100))

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= _WHOLE or self.at_least < 1:
            raise ValueError("a quorum is 1 to 100 percent of the seats, and at least one vote")


class Rule(Data, frozen=True, kw_only=True):
    """Who takes one kind of decision. Empty `tiers` means all.

    `extra_votes`: votes in favour beyond a simple majority. `on_rejection`: the kind of decision that a rejection
    leads to. `after_disciplines`: only once the required disciplines have spoken. `outside_team` and
    `same_discipline` narrow who of the roles may act.
    """

    kind: str
    body: Body
    about: str
    tiers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    quorum: Quorum | None = None
    extra_votes: int = 0
    on_rejection: str | None = None
    after_disciplines: bool = False
    proposed_by: tuple[str, ...] = ()
    outside_team: bool = False
    same_discipline: bool = False

    def __post_init__(self) -> None:
        if (self.body == "board") != (self.quorum is not None):
            raise ValueError(f"{self.kind}: the board, and only the board, has a quorum")
        if (self.body == "person") != bool(self.roles):
            raise ValueError(f"{self.kind}: a person, and only a person, decides by role")


class Trigger(Data, frozen=True, kw_only=True):
    """What goes to a named authority by rule, and blocks the gate until its outcome is recorded."""

    id: str
    about: str
    to: tuple[str, ...]
    within_business_days: int

    def __post_init__(self) -> None:
        if not self.to:
            raise ValueError(f"{self.id}: a trigger goes to somebody")


class Authority(Data, frozen=True, kw_only=True):
    """The matrix. `board` are the roles that hold a seat; `never_alone` those that never decide a launch alone.

    `conflicted` gives the relations to a matter that bar a person from deciding it, each with its sentence.
    """

    roles: dict[str, str]
    board: tuple[str, ...]
    never_alone: tuple[str, ...]
    conflicted: dict[str, str]
    decisions: tuple[Rule, ...]
    triggers: tuple[Trigger, ...]

    def for_decision(self, kind: str, tier: str) -> Rule:
        """Who takes this kind of decision at this tier; a rule that names the tier goes before one for all.

        Raises `LookupError` where the matrix has none: then nobody may.
        """
        of_kind = [rule for rule in self.decisions if rule.kind == kind]
        for rule in [*(one for one in of_kind if tier in one.tiers), *(one for one in of_kind if not one.tiers)]:
            return rule
        raise LookupError(f"the authority matrix has no decision {kind!r} at tier {tier!r}")

    def barred(self, person: str, relations: dict[str, str | None]) -> str | None:
        """Why this person may not decide a matter, or None. `relations` maps relation (requester, owner…) to person."""
        for relation, sentence in self.conflicted.items():
            if relations.get(relation) == person:
                return sentence
        return None

    def trigger(self, name: str) -> Trigger:
        """The escalation trigger with that id.

        Raises `LookupError` where there is none.
        """
        for trigger in self.triggers:
            if trigger.id == name:
                return trigger
        raise LookupError(f"the authority matrix has no trigger {name!r}")
