"""A portfolio's story, long enough that every table of reporting has something to say about it."""

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
from tests.services.reporting.records import Story, Tale


def portfolio() -> Story:
    """Two systems through the gate, one still in triage, one in review and overdue, one retired, two discoveries."""
    story = Tale()
    _through_the_gate(story, "s-1", "Cards", "high")
    _through_the_gate(story, "s-2", "Loans", "low")
    _in_review(story, "s-3", "Loans", "medium")
    _in_triage(story, "s-4", "Cards")
    _appointed(story, "a-1", "reviewer-1", "reviewer:privacy", "all", "2026-01-01", None)
    _appointed(story, "a-2", "reviewer-2", "reviewer:privacy", "product_area:Cards", "2026-01-01", None)
    _appointed(story, "a-3", "reviewer-3", "reviewer:privacy", "all", "2026-01-01", "2026-02-01")
    _appointed(story, "a-4", "lead-1", "discipline_lead:data", "product_area:Loans", "2026-01-01", None)
    _appointed(story, "a-5", "reviewer-1", "reviewer:data", "all", "2026-01-01", None)
    _appointed(story, "a-6", "chair-2", "board_chair", "all", "2026-01-01", None)
    story.tell("2026-02-01", registered("s-5", "Cards"))
    story.tell("2026-02-02", launched("s-5", "2026-02-02", reviewed=False))
    story.tell(
        "2026-02-02", intake.LaunchEscalated(system_id="s-5", version="1", addressee="role:head_of_ai_governance")
    )
    story.tell("2026-02-20", retired("s-5", "2026-02-20"))
    story.tell("2026-01-20", discovered("d-1", "Cards"), recorded="2026-02-21")
    story.tell("2026-02-22", discovered("d-2", "Loans"))
    story.tell("2026-02-23", settled("d-2", "s-2"))
    _verified(story, "intake", "2026-02-24", whole=True, intact=True)
    _verified(story, "review", "2026-02-24 00:01", whole=False, intact=False)
    return story.story()


def _through_the_gate(story: Tale, one: str, area: str, tier: str) -> None:
    number = f"r-{one}"
    story.tell("2026-01-02", registered(one, area, business_unit="Retail"))
    story.tell("2026-01-02", submitted(one))
    story.tell("2026-01-02", proposed(one, tier, due="2026-01-03"))
    story.tell("2026-01-03", confirmed(one, tier, area=area, business_unit="Retail"), by="triager-1")
    story.tell("2026-01-03", opened(number, one, tier, area=area), system=one)
    story.tell("2026-01-03", clock_started(number, "2026-01-03", "2026-01-20", "gathering", "owner-1"), system=one)
    story.tell("2026-01-05", clock_stopped(number, "2026-01-05", "gathering"), system=one)
    handed_in = review.EvidenceSubmitted(review_id=number, by="owner-1", evidence_digest="e")
    story.tell("2026-01-05", handed_in, system=one, by="owner-1")
    story.tell("2026-01-05", scored(number, 7, 8), system=one)
    story.tell("2026-01-05", clock_started(number, "2026-01-05", "2026-01-15"), system=one)
    story.tell("2026-01-08", clock_paused(number, "2026-01-08"), system=one)
    story.tell("2026-01-12", clock_resumed(number, "2026-01-12", "2026-01-19"), system=one)
    story.tell("2026-01-16", clock_stopped(number, "2026-01-16"), system=one)
    ended = decided(number, one, "2026-01-16", tier=tier, product_area=area, submitter_seconds=4 * 86_400)
    story.tell("2026-01-16", ended, system=one, by="chair-1")
    story.tell("2026-01-30", launched(one, "2026-01-30"))


def _in_review(story: Tale, one: str, area: str, tier: str) -> None:
    number = f"r-{one}"
    story.tell("2026-02-01", registered(one, area))
    story.tell("2026-02-01", submitted(one))
    story.tell("2026-02-01", proposed(one, tier, due="2026-02-02"))
    story.tell("2026-02-02", confirmed(one, tier, area=area))
    story.tell("2026-02-02", opened(number, one, tier, area=area), system=one)
    story.tell("2026-02-03", scored(number, 4, 8), system=one)
    story.tell("2026-02-03", clock_started(number, "2026-02-03", "2026-02-12"), system=one)
    half = review.ClockReminded(
        review_id=number, clock="review", percent=50, due_at=at("2026-02-12"), addressee="reviewer-1"
    )
    story.tell("2026-02-08", half, system=one)
    late = review.ClockBreached(
        review_id=number, clock="review", due_at=at("2026-02-12"), noticed_at=at("2026-02-13"), holder="reviewer-1"
    )
    story.tell("2026-02-12", late, recorded="2026-02-13", system=one)
    up = review.ReviewEscalated(
        review_id=number, clock="review", reason="overdue", step=1, role="head_of_ai_governance", addressee="head-1"
    )
    story.tell("2026-02-13", up, system=one)
    back = review.RecusalDeclared(review_id=number, by="reviewer-2", capacity="privacy", reason="I built it")
    story.tell("2026-02-13", back, system=one, by="reviewer-2")


def _in_triage(story: Tale, one: str, area: str) -> None:
    story.tell("2026-02-18", registered(one, area))
    story.tell("2026-02-18", submitted(one))
    story.tell("2026-02-18", proposed(one, "high", due="2026-02-19"))
    reminded = intake.TriageReminded(
        system_id=one,
        intake_id=f"intake-{one}-1",
        round=1,
        percent=80,
        due_at=at("2026-02-19"),
        addressee="role:triager",
    )
    story.tell("2026-02-18 20:00", reminded)
    late = intake.TriageBreached(
        system_id=one,
        intake_id=f"intake-{one}-1",
        round=1,
        due_at=at("2026-02-19"),
        noticed_at=at("2026-02-19 00:01"),
        addressee="role:programme_manager",
    )
    story.tell("2026-02-19", late, recorded="2026-02-19 00:01")


def _appointed(story: Tale, one: str, person: str, role: str, scope: str, since: str, until: str | None) -> None:
    made = review.AppointmentMade(
        appointment_id=one,
        person=person,
        role=role,
        scope=scope,
        valid_from=at(since),
        valid_until=at(until) if until else None,
        by="head-1",
    )
    story.tell(since, made, by="head-1")


def _verified(story: Tale, service: str, when: str, *, whole: bool, intact: bool) -> None:
    found = LogVerified(
        service=service,
        size=10,
        root="cm9vdA==",
        whole=whole,
        intact=intact,
        first_bad=None if intact else 3,
        reason="" if intact else "entry 3 was changed",
        verified_at=at(when),
    )
    story.tell(when, found, by="gatehouse/reporting/verifier")
