"""What is known of a review: the case all states share, and the states it goes through."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from services.review.domain.authority import scopes_of
from services.review.domain.clock import BOARD, REVIEWERS, Clock
from services.review.domain.matter import Matter, rulers
from shared.events.canonical import canonical
from shared.events.fact import PersonId
from shared.events.intake import ClockTerms
from shared.events.review import (
    CompletenessScored,
    ConditionImposed,
    ConditionMet,
    DecisionRecorded,
    EvidenceAttached,
    ResponsibilityChanged,
    ReviewOpened,
    ReviewWithdrawn,
    SignedOff,
    VoteCast,
)
from shared.policy.identities import Identities
from shared.refusals import Refused

LOW: Final = "low"
STANDING: Final = frozenset({"approve", "approve_with_conditions", "reject", "not_applicable"})
"""Verdicts that settle a discipline; `request_changes` leaves it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Matter):
    """Everything recorded of a review. Votes are kept by the person whose vote it is, delegated or not.

    `responsible` is the newest word of intake on who answers for the system, None while the opening's stands. Whoever
    rules on it brings `identities` along, see `acquainted`.
    """

    opened: ReviewOpened
    responsible: ResponsibilityChanged | None = None
    evidence: Mapping[str, EvidenceAttached] = field(default_factory=dict)
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    earlier_clocks: tuple[Clock, ...] = ()
    completeness: CompletenessScored | None = None
    assigned: Mapping[str, PersonId] = field(default_factory=dict)
    verdicts: Mapping[str, SignedOff] = field(default_factory=dict)
    votes: Mapping[PersonId, VoteCast] = field(default_factory=dict)
    submitters: frozenset[PersonId] = frozenset()
    sent_to_board: bool = False
    asked_by: str | None = None
    conditions: Mapping[str, ConditionImposed] = field(default_factory=dict)
    met: Mapping[str, ConditionMet] = field(default_factory=dict)

    @property
    def review_id(self) -> str:
        """The review's id."""
        return self.opened.review_id

    @property
    def owner(self) -> PersonId:
        """Who answers for the system now."""
        return self.opened.owner if self.responsible is None else self.responsible.owner

    @property
    def requesting(self) -> frozenset[PersonId]:
        """See `Matter`: the requester, whoever was to answer for the system, and whoever handed something in."""
        return self.submitters | {self.opened.requester, self.opened.owner}

    @property
    def scopes(self) -> tuple[str, ...]:
        """See `Matter`."""
        return scopes_of(self.opened.system_id, self.opened.business_unit, self.opened.product_area)

    @property
    def evidence_digest(self) -> str:
        """SHA-256 (hex) over everything on the table: what a sign-off, vote or decision must name (DESIGN 16)."""
        return digest_of_evidence(self.evidence)

    @property
    def for_board(self) -> bool:
        """Whether the board decides: always but for a low tier on which the disciplines agree (domain 6)."""
        return self.opened.tier != LOW or self.sent_to_board

    def standing(self, policy_digest: str) -> Mapping[str, SignedOff]:
        """The verdicts in force: on exactly this evidence and policy, by people who have neither stepped back nor
        joined the request's side since."""
        digest = self.evidence_digest
        return {
            discipline: verdict
            for discipline, verdict in self.verdicts.items()
            if verdict.verdict in STANDING
            and verdict.evidence_digest == digest
            and verdict.policy_digest == policy_digest
            and not rulers(verdict) & self.stood_aside
        }

    def outstanding(self, policy_digest: str) -> tuple[str, ...]:
        """The required disciplines whose verdict is still to come, or to come again under this policy."""
        standing = self.standing(policy_digest)
        return tuple(one for one in self.opened.disciplines if one not in standing)

    def holder(self, policy_digest: str) -> str:
        """Who has the ball while the review clock runs."""
        return REVIEWERS if self.outstanding(policy_digest) else BOARD

    def terms(self, kind: str) -> ClockTerms:
        """The terms of a clock as the confirmed tier brought them.

        Raises `Refused("wrong-state")` if the policy under which the tier was confirmed has no such clock.
        """
        for terms in self.opened.clocks:
            if terms.clock == kind:
                return terms
        raise Refused("wrong-state", f"the policy {self.opened.policy_version} has no clock called {kind}")


def acquainted(state: "State", identities: Identities) -> "State":
    """The review as it stands for who knows which ids are one person's."""
    if isinstance(state, Unopened):
        return state
    return replace(state, case=replace(state.case, identities=identities))


def digest_of_evidence(evidence: Mapping[str, EvidenceAttached]) -> str:
    """SHA-256 (hex) over the artefacts, in the order of their ids: id, kind, content, subject and validity."""
    lines = [
        [one.artefact_id, one.artefact, one.digest, one.subject_digest or "", str(one.valid_until or "")]
        for one in sorted(evidence.values(), key=lambda artefact: artefact.artefact_id)
    ]
    return hashlib.sha256(canonical(lines)).hexdigest()


@dataclass(frozen=True, slots=True)
class Unopened:
    """No review yet."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """The submitter collects the evidence."""

    case: Case


@dataclass(frozen=True, slots=True)
class InReview:
    """The evidence was submitted; the disciplines, then perhaps the board, have the ball."""

    case: Case


@dataclass(frozen=True, slots=True)
class AwaitingAnswers:
    """A discipline asked for changes; the submitter has the ball again."""

    case: Case


@dataclass(frozen=True, slots=True)
class Decided:
    """The review ended with a decision."""

    case: Case
    decision: DecisionRecorded


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The review ended without a decision."""

    case: Case
    withdrawn: ReviewWithdrawn


Undecided = Gathering | InReview | AwaitingAnswers
State = Unopened | Undecided | Decided | Withdrawn


def opened_case(state: State) -> Case:
    """The case of a review that exists.

    Raises `Refused("not-found")` for one that was never opened.
    """
    if isinstance(state, Unopened):
        raise Refused("not-found", "there is no such review")
    return state.case


def undecided_case(state: State) -> Case:
    """The case of a review that is not over.

    Raises `Refused`: `already-decided`, `wrong-state` after a withdrawal, `not-found`.
    """
    case = opened_case(state)
    if isinstance(state, Decided):
        raise Refused("already-decided", f"this review ended: {state.decision.outcome}")
    if isinstance(state, Withdrawn):
        raise Refused("wrong-state", f"this review was withdrawn: {state.withdrawn.reason}")
    return case


def case_in_review(state: State) -> Case:
    """The case of a review whose evidence is with the disciplines or the board.

    Raises what `undecided_case` refuses, and `wrong-state` while the submitter has the ball.
    """
    case = undecided_case(state)
    if not isinstance(state, InReview):
        raise Refused("wrong-state", "the submitter has the ball: nothing can be ruled on yet")
    return case
