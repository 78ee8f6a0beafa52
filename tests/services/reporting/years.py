"""A portfolio's two years, drawn from a seed: for the pages in a browser and for measuring, at any size."""

import random
from datetime import datetime, timedelta

from shared.events import intake, review
from shared.events.reporting import LogVerified
from tests.domain.reporting.facts import (
    at,
    clock_paused,
    clock_resumed,
    clock_started,
    clock_stopped,
    confirmed,
    decided,
    discovered,
    launched,
    opened,
    proposed,
    registered,
    retired,
    scored,
    settled,
    submitted,
)
from tests.services.reporting.records import Story

AREAS = ("Cards", "Claims", "Customer service", "Lending", "Marketing", "People", "Platform")
NAMES = (
    "Summariser",
    "Fraud score",
    "Routing assistant",
    "Credit limit model",
    "Document reader",
    "Churn forecast",
    "Support copilot",
    "CV screening",
    "Price optimiser",
    "Code assistant",
    "Voice transcription",
    "Claims triage",
)
TIERS = ("low", "low", "low", "medium", "medium", "high")
DAYS = {"low": 3, "medium": 7, "high": 12}
BEGIN = datetime.fromisoformat("2024-12-02T09:00:00+00:00")


class Years:
    """Tells the story of each system in turn; the story is then put into the order of time."""

    def __init__(self, systems: int, seed: int, end: datetime) -> None:
        self._dice, self._end = random.Random(seed), end
        self._told: list[tuple[datetime, int, dict[str, object]]] = []
        for number in range(systems):
            self._system(f"sys-{number:04}", number)
        for number in range(systems // 8):
            self._discovery(f"dis-{number:04}")

    def story(self) -> Story:
        """All facts in the order in which they were recorded."""
        story = Story(partitions=1)
        for when, _, fact in sorted(self._told, key=lambda one: one[:2]):
            story.tell(_text(when), **fact)  # type: ignore[arg-type]
        for minute, service in enumerate(("intake", "review", "monitoring", "reporting")):
            when = self._end - timedelta(minutes=4 - minute)
            found = LogVerified(
                service=service,
                size=100 + minute,
                root="cm9vdCBvZiBhIHRyZWU=",
                whole=True,
                intact=True,
                first_bad=None,
                reason="",
                verified_at=when,
            )
            story.tell(_text(when), found, by="gatehouse/reporting/verifier")
        return story

    def _tell(self, when: datetime, fact: object, **more: object) -> None:
        if when <= self._end:
            self._told.append((when, len(self._told), {"fact": fact, **more}))

    def _system(self, one: str, number: int) -> None:
        dice, area = self._dice, self._dice.choice(AREAS)
        name = f"{NAMES[number % len(NAMES)]} {number // len(NAMES) + 1}"
        start = BEGIN + timedelta(days=dice.random() * (self._end - BEGIN).days, hours=dice.randrange(8))
        tier = dice.choice(TIERS)
        self._tell(start, registered(one, area, name=name, owner=f"owner-{number % 9}", business_unit="Retail"))
        self._tell(start, submitted(one, name=name, owner=f"owner-{number % 9}"))
        due = start + timedelta(days=1)
        self._tell(start, proposed(one, tier, due=_text(due)))
        if dice.random() < 0.06:
            return
        sure = start + timedelta(hours=dice.randrange(2, 30))
        if sure > due:
            late = intake.TriageBreached(
                system_id=one,
                intake_id=f"intake-{one}-1",
                round=1,
                due_at=due,
                noticed_at=due,
                addressee="role:programme_manager",
            )
            self._tell(due, late)
        people = {"name": name, "owner": f"owner-{number % 9}", "business_unit": "Retail", "submitted_at": start}
        self._tell(sure, confirmed(one, tier, area=area, **people), by="triager-1")
        self._review(one, tier, area, start, sure)

    def _review(self, one: str, tier: str, area: str, start: datetime, sure: datetime) -> None:
        dice, number = self._dice, f"r-{one}"
        self._tell(sure, opened(number, one, tier, area=area), system=one)
        handed = sure + timedelta(days=dice.uniform(1, 8))
        gathering = clock_started(number, _text(sure), _text(sure + timedelta(days=14)), "gathering", "owner-1")
        self._tell(sure, gathering, system=one)
        if dice.random() < 0.05:
            return
        self._tell(handed, clock_stopped(number, _text(handed), "gathering"), system=one)
        self._tell(handed, review.EvidenceSubmitted(review_id=number, by="owner-1", evidence_digest="e"), system=one)
        required = {"low": 4, "medium": 9, "high": 12}[tier]
        self._tell(
            handed, scored(number, required - (dice.random() < 0.35) - (dice.random() < 0.2), required), system=one
        )
        due = handed + timedelta(days=DAYS[tier] * 7 / 5)
        self._tell(
            handed, clock_started(number, _text(handed), _text(due), holder=f"reviewer-{dice.randrange(4)}"), system=one
        )
        paused = timedelta()
        if dice.random() < 0.3:
            pause = handed + timedelta(days=1)
            paused = timedelta(days=dice.uniform(1, 6))
            due += paused
            self._tell(pause, clock_paused(number, _text(pause)), system=one)
            self._tell(pause + paused, clock_resumed(number, _text(pause + paused), _text(due)), system=one)
        self._decision(one, number, tier, area, start, handed, due, paused)

    def _decision(
        self,
        one: str,
        number: str,
        tier: str,
        area: str,
        start: datetime,
        handed: datetime,
        due: datetime,
        paused: timedelta,
    ) -> None:
        dice = self._dice
        half = handed + (due - handed) / 2
        addressee = f"reviewer-{dice.randrange(4)}"
        reminded = review.ClockReminded(review_id=number, clock="review", percent=50, due_at=due, addressee=addressee)
        self._tell(half, reminded, system=one)
        end = handed + (due - handed) * dice.uniform(0.55, 1.12)
        if end > due:
            self._late(one, number, due)
        self._tell(end, clock_stopped(number, _text(end)), system=one)
        ended = decided(
            number,
            one,
            _text(end),
            tier=tier,
            within=end <= due,
            submitted_at=start,
            product_area=area,
            submitter_seconds=int((paused + (handed - start)).total_seconds()),
            outcome=dice.choice(("approved", "approved", "approved", "approved_with_conditions", "rejected")),
        )
        self._tell(end, ended, system=one, by="chair-1")
        if dice.random() < 0.85:
            early = dice.random() < 0.05
            live = end + timedelta(days=-2 if early else dice.uniform(1, 12))
            self._tell(live, launched(one, _text(live), reviewed=not early))
            if early:
                up = intake.LaunchEscalated(system_id=one, version="1", addressee="role:head_of_ai_governance")
                self._tell(live, up)
            if dice.random() < 0.08:
                gone = live + timedelta(days=120)
                self._tell(gone, retired(one, _text(gone)))

    def _late(self, one: str, number: str, due: datetime) -> None:
        noticed = due + timedelta(minutes=1)
        late = review.ClockBreached(
            review_id=number, clock="review", due_at=due, noticed_at=noticed, holder="reviewer-1"
        )
        self._tell(due, late, system=one)
        up = review.ReviewEscalated(
            review_id=number,
            clock="review",
            reason="the review clock ran out",
            step=1,
            role="head_of_ai_governance",
            addressee="head-1",
            told=("role:programme_manager",),
        )
        self._tell(noticed, up, system=one)

    def _discovery(self, one: str) -> None:
        dice = self._dice
        found = BEGIN + timedelta(days=dice.random() * (self._end - BEGIN).days)
        self._tell(found, discovered(one, dice.choice(AREAS)))
        if dice.random() < 0.6:
            self._tell(found + timedelta(days=dice.uniform(5, 60)), settled(one, None))


def two_years(systems: int = 60, seed: int = 7, end: str = "2026-11-20") -> Story:
    """The portfolio up to that day."""
    return Years(systems, seed, at(end)).story()


def _text(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat()
