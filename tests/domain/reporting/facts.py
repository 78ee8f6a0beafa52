"""Facts of intake and review in one line each, for tests that speak of what reporting makes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events import intake, review
from shared.events.fact import Fact


def at(text: str) -> datetime:
    """`2026-03-02` or `2026-03-02 09:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def registered(system: str, area: str | None = None, **more: Any) -> intake.SystemRegistered:
    given = {"name": f"System {system}", "owner": "owner-1", "requester": "requester-1", "region": "DE"}
    return intake.SystemRegistered(system_id=system, product_area=area, **(given | more))


def submitted(system: str, nth: int = 1, **more: Any) -> intake.IntakeSubmitted:
    given: dict[str, Any] = {"form_version": "1", "name": f"System {system}", "answers": {}, "texts": {}}
    people = {"requester": "requester-1", "owner": "owner-1", "origin": "api"}
    return intake.IntakeSubmitted(
        system_id=system, intake_id=f"intake-{system}-{nth}", round=nth, **(given | people | more)
    )


def withdrawn(system: str, nth: int = 1) -> intake.IntakeWithdrawn:
    return intake.IntakeWithdrawn(system_id=system, intake_id=f"intake-{system}-{nth}", reason="not now", origin="api")


def proposed(system: str, tier: str, nth: int = 1, due: str | None = None, **more: Any) -> intake.TierProposed:
    given: dict[str, Any] = {
        "intake_id": f"intake-{system}-{nth}",
        "revision": 1,
        "score": 10,
        "fired": (),
        "disciplines": (),
        "evidence": (),
        "clocks": (),
        "labels": (),
        "unknowns": (),
        "confirmable_by_bundle": False,
        "policy_version": "1",
        "policy_digest": "d",
        "triage_due_at": at(due) if due else None,
        "triage_reminders": (),
        "high_risk": tier in ("high", "prohibited"),
        "prohibited": tier == "prohibited",
    }
    return intake.TierProposed(system_id=system, tier=tier, round=nth, **(given | more))


def asked_for_answers(system: str, nth: int = 1) -> intake.AnswersRequested:
    return intake.AnswersRequested(
        system_id=system,
        intake_id=f"intake-{system}-{nth}",
        attributes=("sector",),
        by="triager-1",
        reason="which sector?",
        due_at=at("2027-01-01"),
        round=nth,
    )


def confirmed(system: str, tier: str, nth: int = 1, area: str | None = None, **more: Any) -> intake.TierConfirmed:
    given: dict[str, Any] = {
        "intake_id": f"intake-{system}-{nth}",
        "name": f"System {system}",
        "proposed_tier": tier,
        "high_risk": tier in ("high", "prohibited"),
        "prohibited": tier == "prohibited",
        "opens_review": tier != "prohibited",
        "automatic": False,
        "by": "triager-1",
        "reason": "as proposed",
        "disciplines": (),
        "evidence": (),
        "clocks": (),
        "policy_version": "1",
        "policy_digest": "d",
        "region": "DE",
        "owner": "owner-1",
        "requester": "requester-1",
        "submitted_at": at("2026-01-01"),
    }
    return intake.TierConfirmed(system_id=system, tier=tier, round=nth, product_area=area, **(given | more))


def overridden(system: str, to_tier: str, nth: int, from_tier: str = "low") -> intake.TierOverridden:
    return intake.TierOverridden(
        system_id=system,
        override_id=f"override-{system}-{nth}",
        intake_id=f"intake-{system}-1",
        round=nth,
        from_tier=from_tier,
        to_tier=to_tier,
        downgrade=False,
        rationale="weighed",
        accountable_owner="owner-1",
        decided_by="chair-1",
        decided_at=at("2026-01-01"),
        proposal_digest="d",
        policy_digest="d",
    )


def launched(system: str, when: str, *, imported: bool = False, reviewed: bool = True) -> intake.SystemLaunched:
    return intake.SystemLaunched(
        system_id=system, version="1", launched_at=at(when), reviewed=reviewed, imported_history=imported
    )


def retired(system: str, when: str) -> intake.SystemRetired:
    return intake.SystemRetired(system_id=system, retired_at=at(when), reason="replaced")


def discovered(discovery: str, area: str | None = None, *, live: bool = True) -> intake.SystemDiscovered:
    return intake.SystemDiscovered(
        discovery_id=discovery,
        name=f"Found {discovery}",
        found_by="scanner",
        found_in="repository",
        product_area=area,
        live=live,
    )


def settled(discovery: str, system: str | None) -> intake.DiscoverySettled:
    return intake.DiscoverySettled(discovery_id=discovery, system_id=system, reason="looked at")


def opened(one: str, system: str, tier: str, nth: int = 1, area: str | None = None) -> review.ReviewOpened:
    return review.ReviewOpened(
        review_id=one,
        system_id=system,
        intake_id=f"intake-{system}-{nth}",
        round=nth,
        name=f"System {system}",
        tier=tier,
        high_risk=tier in ("high", "prohibited"),
        disciplines=(),
        evidence=(),
        clocks=(),
        policy_version="1",
        policy_digest="d",
        region="DE",
        owner="owner-1",
        requester="requester-1",
        submitted_at=at("2026-01-01"),
        product_area=area,
    )


def clock_started(one: str, when: str, due: str, clock: str = "review", holder: str = "reviewer-1") -> Fact:
    return review.ClockStarted(
        review_id=one,
        clock=clock,
        basis="business",
        region="DE",
        minutes=480,
        started_at=at(when),
        due_at=at(due),
        reminders=(),
        holder=holder,
    )


def clock_paused(one: str, when: str, clock: str = "review") -> review.ClockPaused:
    return review.ClockPaused(
        review_id=one, clock=clock, reason="changes", paused_at=at(when), spent_minutes=60, holder="owner-1"
    )


def clock_resumed(one: str, when: str, due: str, clock: str = "review") -> review.ClockResumed:
    return review.ClockResumed(
        review_id=one,
        clock=clock,
        resumed_at=at(when),
        spent_minutes=60,
        due_at=at(due),
        reminders=(),
        holder="reviewer-1",
    )


def clock_stopped(one: str, when: str, clock: str = "review") -> review.ClockStopped:
    return review.ClockStopped(review_id=one, clock=clock, stopped_at=at(when), spent_minutes=100, within=True)


def scored(one: str, complete: int, required: int) -> review.CompletenessScored:
    return review.CompletenessScored(review_id=one, complete=complete, required=required, items=())


def decided(one: str, system: str, when: str, tier: str = "high", nth: int = 1, **more: Any) -> Fact:
    given: dict[str, Any] = {
        "outcome": "approved",
        "authority": "board",
        "accountable_owner": "owner-1",
        "rationale": "weighed",
        "options": (),
        "evidence_digest": "e",
        "policy_digest": "d",
        "submitted_at": at("2026-01-01"),
        "within": True,
        "submitter_seconds": 0,
        "recorded_by": "chair-1",
    }
    return review.DecisionRecorded(
        review_id=one,
        system_id=system,
        round=nth,
        tier=tier,
        high_risk=tier in ("high", "prohibited"),
        decided_at=at(when),
        **(given | more),
    )


def days(number: float) -> timedelta:
    return timedelta(days=number)
