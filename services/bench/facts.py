"""The facts of one AI system's life, complete as the services write them."""

import random
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.review.domain.opening import opened_by
from shared.events import intake, review
from shared.events.fact import Answer, Fact
from shared.events.intake import ClockTerms, FiredRule, RequiredEvidence

AREAS: Final = ("Cards", "Claims", "Customer service", "Lending", "Marketing", "People", "Platform")
UNITS: Final = ("Retail", "Corporate", "Group")
TIERS: Final = ("low", "low", "low", "medium", "medium", "high")
DISCIPLINES: Final = ("privacy", "security", "legal")
PEOPLE: Final = tuple(str(UUID(int=number, version=4)) for number in range(1, 400))
DIGEST: Final = "5f" * 32
POLICY: Final = "2026.1"
EVIDENCE: Final = tuple(
    RequiredEvidence(artefact=name, level="required", reason="the tier demands it", label=name)
    for name in ("model-card", "impact-assessment", "test-report", "data-sheet")
)
_CLOCKS: Final = (
    ClockTerms(clock="gathering", minutes=4800, basis="business"),
    ClockTerms(clock="review", minutes=2400, basis="business"),
)
_ANSWERS: Final[dict[str, Answer]] = {
    "sector": "internal-operations",
    "phase": "development",
    "affected": ("customers", "employees"),
    "autonomy": "suggests",
    "data_kinds": ("contact", "behaviour"),
    "vendor": "own",
}


class Subject:
    """One system, with what chance gave it, and what can be said of it."""

    def __init__(self, number: int, start: datetime, dice: random.Random) -> None:
        self.dice, self.start = dice, start
        self.system, self.intake, self.review = (self.new_id() for _ in range(3))
        self.name = f"System {number}"
        self.tier = dice.choice(TIERS)
        self.area, self.unit = dice.choice(AREAS), dice.choice(UNITS)
        self.owner, self.requester, self.reviewer, self.chair = dice.sample(PEOPLE, 4)

    def new_id(self) -> str:
        """An id that is nobody else's."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    def registration(self) -> list[Fact]:
        """Registered, submitted and triaged."""
        registered = intake.SystemRegistered(
            system_id=self.system,
            name=self.name,
            owner=self.owner,
            requester=self.requester,
            region="DE",
            business_unit=self.unit,
            product_area=self.area,
        )
        submitted = intake.IntakeSubmitted(
            system_id=self.system,
            intake_id=self.intake,
            round=1,
            form_version="1",
            name=self.name,
            answers=_ANSWERS,
            texts={"intended_use": "To sort what comes in, so that people see the urgent first."},
            requester=self.requester,
            owner=self.owner,
            origin="api",
        )
        return [registered, submitted, self._proposed()]

    def _proposed(self) -> Fact:
        return intake.TierProposed(
            system_id=self.system,
            intake_id=self.intake,
            round=1,
            revision=1,
            tier=self.tier,
            score=30,
            fired=(FiredRule(rule="affected-customers", effect="medium", reason="It decides about customers."),),
            disciplines=DISCIPLINES,
            evidence=EVIDENCE,
            clocks=_CLOCKS,
            labels=(),
            unknowns=("model_kind",),
            confirmable_by_bundle=False,
            policy_version=POLICY,
            policy_digest=DIGEST,
            triage_due_at=self.start + timedelta(days=2),
            triage_reminders=(self.start + timedelta(days=1),),
            high_risk=self.tier == "high",
        )

    def confirmed(self) -> intake.TierConfirmed:
        """The tier is confirmed."""
        return intake.TierConfirmed(
            system_id=self.system,
            intake_id=self.intake,
            round=1,
            name=self.name,
            tier=self.tier,
            proposed_tier=self.tier,
            high_risk=self.tier == "high",
            prohibited=False,
            opens_review=True,
            automatic=False,
            by=self.reviewer,
            reason="as proposed",
            disciplines=DISCIPLINES,
            evidence=EVIDENCE,
            clocks=_CLOCKS,
            policy_version=POLICY,
            policy_digest=DIGEST,
            region="DE",
            owner=self.owner,
            requester=self.requester,
            submitted_at=self.start,
            business_unit=self.unit,
            product_area=self.area,
        )

    def opening(self, sure: datetime) -> list[Fact]:
        """The review begins, and with it the gathering of evidence."""
        opened = opened_by(self.review, self.confirmed(), sure)
        return [opened, self._clock("gathering", sure, sure + timedelta(days=14), "submitter")]

    def _clock(self, name: str, at: datetime, due: datetime, holder: str) -> Fact:
        return review.ClockStarted(
            review_id=self.review,
            clock=name,
            basis="business",
            region="DE",
            minutes=4800,
            started_at=at,
            due_at=due,
            reminders=(review.ReminderAt(percent=50, at=at + (due - at) / 2),),
            holder=holder,
        )

    def attached(self, artefact: str) -> Fact:
        """A piece of evidence."""
        return review.EvidenceAttached(
            review_id=self.review,
            artefact_id=self.new_id(),
            artefact=artefact,
            title=f"{artefact} of {self.name}",
            digest=DIGEST,
            size=None,
            media_type="application/pdf",
            link=f"https://evidence.example.org/{DIGEST}",
            owner=self.owner,
            producer=self.requester,
        )

    def handing_in(self, at: datetime, due: datetime) -> list[Fact]:
        """The evidence is handed in, and the review clock runs."""
        complete = 4 - (self.dice.random() < 0.3)
        return [
            self._stopped("gathering", at, within=True),
            review.EvidenceSubmitted(review_id=self.review, by=self.owner, evidence_digest=DIGEST),
            review.CompletenessScored(review_id=self.review, complete=complete, required=4, items=()),
            self._clock("review", at, due, "reviewers"),
        ]

    def _stopped(self, clock: str, at: datetime, *, within: bool) -> Fact:
        return review.ClockStopped(review_id=self.review, clock=clock, stopped_at=at, spent_minutes=1200, within=within)

    def reminded(self, due: datetime) -> Fact:
        """Half of the review clock is gone."""
        return review.ClockReminded(
            review_id=self.review, clock="review", percent=50, due_at=due, addressee="role:programme_manager"
        )

    def signed(self, discipline: str) -> Fact:
        """A discipline approves."""
        return review.SignedOff(
            review_id=self.review,
            discipline=discipline,
            verdict="approve",
            by=self.reviewer,
            reason="The evidence shows what it has to show.",
            evidence_digest=DIGEST,
            policy_digest=DIGEST,
        )

    def ruling(self, at: datetime, *, within: bool) -> list[Fact]:
        """The decision."""
        decided = review.DecisionRecorded(
            review_id=self.review,
            system_id=self.system,
            round=1,
            tier=self.tier,
            high_risk=self.tier == "high",
            outcome=self.dice.choice(("approved", "approved", "approved", "approved_with_conditions", "rejected")),
            authority="disciplines",
            accountable_owner=self.owner,
            rationale="The benefit outweighs what is left of the risk.",
            options=("approve", "reject"),
            evidence_digest=DIGEST,
            policy_digest=DIGEST,
            submitted_at=self.start,
            decided_at=at,
            within=within,
            submitter_seconds=86_400,
            recorded_by=self.chair,
            product_area=self.area,
            business_unit=self.unit,
        )
        return [self._stopped("review", at, within=within), decided]

    def launch(self, ended: datetime, live: datetime) -> list[Fact]:
        """It goes live, as approved."""
        noted = intake.ApprovalNoted(
            system_id=self.system, review_id=self.review, round=1, outcome="approved", decided_at=ended
        )
        launched = intake.SystemLaunched(system_id=self.system, version="1", launched_at=live, reviewed=True)
        return [noted, launched]
