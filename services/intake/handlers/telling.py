"""What a caller is told of a system: the answer to a command, and the page of an intake."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

import msgspec

from services.intake.domain.dated import Decided
from services.intake.domain.rules import Assessment
from services.intake.domain.state import (
    Active,
    Asked,
    Confirmed,
    Merged,
    Retired,
    Round,
    State,
    Waiting,
    known,
    round_of,
)
from services.intake.handlers.systems import Answer
from shared.events.envelope import stamp
from shared.events.intake import ClockTerms, ConfirmationRefused, FiredRule, RequiredEvidence


class Demands(TypedDict):
    """What the policy found in the answers, and what it demands at this tier."""

    tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    score: int
    fired: list[FiredRule]
    disciplines: list[str]
    evidence: list[RequiredEvidence]
    clocks: list[ClockTerms]
    labels: list[str]
    unknowns: list[str]
    policy_version: str
    policy_digest: str


class Triage(Demands):
    """The triage in force: proposed, or `confirmed` by a person; `answers_wanted` waits for the submitter."""

    proposed_tier: str
    proposal_revision: int
    confirmed: bool
    clock_starts_at: str | None
    clock_due_at: str | None
    answers_wanted: list[str]


class Summary(Triage):
    """A system in one object: its ids, where it stands (`stage`), and the triage in force."""

    id: str
    intake_id: str
    system_id: str
    name: str
    round: int
    revision: int
    stage: str


def outcome(word: str, unchanged: str | None = None) -> Answer:
    """An answer that says what became of the request (`unchanged` where it led to no fact) and what is now known."""

    def answer(state: State, decided: Sequence[Decided]) -> dict[str, Any]:
        refused = next((one.reason for one in decided if isinstance(one, ConfirmationRefused)), None)
        became = word if decided or unchanged is None else unchanged
        return {"outcome": became, **summary(state), **({"refused": refused} if refused else {})}

    return answer


def summary(state: State) -> Summary:
    """What is told of a system in every answer about it."""
    system = registered(state)
    present = round_of(system)
    return {
        "id": present.submission.intake_id,
        "intake_id": present.submission.intake_id,
        "system_id": system.system_id,
        "name": system.profile.name,
        "round": present.submission.round,
        "revision": present.submission.revision,
        "stage": stage_of(state),
        **_triage(present),
    }


def registered(state: State) -> Active:
    """The registered system, also one that was merged; raises `not-found` for none."""
    return state.was if isinstance(state, Merged) else known(state)


def stage_of(state: State) -> str:
    """Where a system stands, in one word: waiting, asked, confirmed, withdrawn, retired or merged."""
    if isinstance(state, Retired | Merged):
        return type(state).__name__.lower()
    return type(round_of(known(state))).__name__.lower()


def _triage(present: Round) -> Triage:
    assessment = present.assessment if isinstance(present, Confirmed) else present.proposal.assessment
    clock = present.clock if isinstance(present, Waiting | Asked) else None
    return {
        "proposed_tier": present.proposal.assessment.tier,
        "proposal_revision": present.proposal.revision,
        "confirmed": isinstance(present, Confirmed),
        **_demands(assessment),
        "clock_starts_at": _time(clock.starts_at if clock is not None else None),
        "clock_due_at": _time(clock.due_at if clock is not None else None),
        "answers_wanted": list(present.attributes) if isinstance(present, Asked) else [],
    }


def _demands(assessment: Assessment) -> Demands:
    return {
        "tier": assessment.tier,
        "high_risk": assessment.high_risk,
        "prohibited": assessment.prohibited,
        "opens_review": assessment.opens_review,
        "score": assessment.score,
        "fired": msgspec.to_builtins(assessment.fired),
        "disciplines": list(assessment.disciplines),
        "evidence": msgspec.to_builtins(assessment.evidence),
        "clocks": msgspec.to_builtins(assessment.clocks),
        "labels": list(assessment.labels),
        "unknowns": list(assessment.unknowns),
        "policy_version": assessment.policy_version,
        "policy_digest": assessment.policy_digest,
    }


def _time(instant: datetime | None) -> str | None:
    return stamp(instant) if instant is not None else None
