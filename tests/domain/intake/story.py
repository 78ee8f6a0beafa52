"""Given commands, when another, then facts: a system's story told without any store."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from services.intake.domain.commands import (
    Amend,
    Command,
    ConfirmTier,
    DeclareChange,
    Description,
    Register,
    Source,
)
from services.intake.domain.dated import Dated
from services.intake.domain.decide import decide
from services.intake.domain.evolve import SystemFact, evolve
from services.intake.domain.rules import Rules
from services.intake.domain.state import State, Unregistered
from shared.policy.bundle import Bundle, load_bundle
from shared.refusals import Refused

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REQUESTER, OWNER, TRIAGER = "rita", "omar", "tess"
SYSTEM, FIRST, SECOND = "system-1", "intake-1", "intake-2"


@cache
def policy() -> Bundle:
    """The default policy."""
    return load_bundle()


@cache
def rules() -> Rules:
    """What the domain asks it."""
    return Rules(policy())


def answers(told: dict[str, Any]) -> dict[str, Any]:
    """Answers in the form's normal shape."""
    return policy().form.check(told)


def description(told: dict[str, Any] | None = None, **more: Any) -> Description:
    fields = {"name": "Chat helper", "owner": OWNER, "form_version": "2026.1", "texts": {}, **more}
    return Description(answers=answers(told or {}), **fields)


def registration(told: dict[str, Any] | None = None, at: datetime = MONDAY, **more: Any) -> Register:
    about = {name: more.pop(name) for name in ("name", "owner", "texts", "region", "business_unit") if name in more}
    fields = {"source": Source(origin="api"), "requester": REQUESTER, "region": "utc", **more}
    return Register(now=at, system_id=SYSTEM, intake_id=FIRST, description=description(told, **about), **fields)


def amendment(told: dict[str, Any], at: datetime = MONDAY, **more: Any) -> Amend:
    source = more.pop("source", Source(origin="api"))
    aside = {name: more.pop(name, ()) for name in ("texts_changed", "stated")}
    return Amend(now=at, intake_id=FIRST, description=description(told, **more), source=source, **aside)


def change(told: dict[str, Any], at: datetime = MONDAY, **more: Any) -> DeclareChange:
    fields = {"summary": "It now decides alone.", "by": REQUESTER, "source": Source(origin="api"), **more}
    return DeclareChange(now=at, intake_id=SECOND, description=description(told), texts_changed=(), **fields)


def confirmation(tier: str, at: datetime = MONDAY, **more: Any) -> ConfirmTier:
    fields = {"intake_id": FIRST, "by": TRIAGER, "reason": "as discussed", **more}
    return ConfirmTier(now=at, tier=tier, **fields)


class Story:
    """A system's story so far. `rules` are those of the policy in force, which a test may let change on the way."""

    def __init__(self) -> None:
        self.rules = rules()
        self.state: State = Unregistered()
        self.facts: list[SystemFact] = []
        self.times: list[datetime] = []
        self.refused: Refused | None = None

    def given(self, *commands: Command) -> Self:
        for command in commands:
            self._carry_out(command)
        return self

    def when(self, command: Command) -> Self:
        self.facts, self.times, self.refused = [], [], None
        try:
            self._carry_out(command)
        except Refused as refused:
            self.refused = refused
        return self

    def then(self, *kinds: type) -> Any:
        """The facts are of exactly these kinds; returns the last one."""
        assert self.refused is None, self.refused
        assert [type(fact) for fact in self.facts] == list(kinds)
        return self.facts[-1] if self.facts else None

    def then_refused(self, code: str) -> Refused:
        assert self.refused is not None, f"not refused: {self.facts}"
        assert self.refused.code == code
        return self.refused

    def _carry_out(self, command: Command) -> None:
        for one in decide(self.state, command, self.rules):
            fact, at = (one.fact, one.at) if isinstance(one, Dated) else (one, command.now)
            self.state = evolve(self.state, fact, at)
            self.facts.append(fact)
            self.times.append(at)


def hours(count: float) -> datetime:
    """So many hours after the story's beginning, on Monday at nine."""
    return MONDAY + timedelta(hours=count)


def days(count: float) -> datetime:
    """So many days after the story's beginning."""
    return MONDAY + timedelta(days=count)
