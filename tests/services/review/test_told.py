"""What intake's clocks and launches told people stands in the queue that review answers."""

from typing import Any

from services.review.domain.clock import REVIEW
from shared.events.fact import Fact
from shared.events.intake import LaunchEscalated, SystemLaunched, TriageBreached, TriageEscalated, TriageReminded
from tests.domain.reporting.facts import confirmed, proposed, registered
from tests.domain.review.world import at_day
from tests.services.review.world import World

SYSTEM = "44444444-4444-4444-8444-444444444444"
INTAKE = f"intake-{SYSTEM}-1"


async def tell(review: World, *facts: Fact) -> None:
    for fact in facts:
        await review.told(fact, f"system/{SYSTEM}")


async def told(review: World, who: str) -> list[tuple[Any, ...]]:
    rows = [one for one in await review.queue(who) if one["clock"] != REVIEW]
    return [(one["kind"], one["clock"], one["name"], one["tier"], one["system_id"]) for one in rows]


async def test_a_reminder_and_a_breach_of_triage_wait_for_those_in_office_until_the_tier_is_confirmed(
    review: World,
) -> None:
    of_round = {"system_id": SYSTEM, "intake_id": INTAKE, "round": 1, "due_at": at_day(1)}
    reminded = TriageReminded(**of_round, percent=50, addressee="role:programme_manager")
    breached = TriageBreached(
        **of_round, noticed_at=at_day(1), addressee="role:programme_manager", told=("role:head_of_ai_governance",)
    )
    await tell(review, registered(SYSTEM), proposed(SYSTEM, "high"), reminded, breached)
    assert await told(review, "helena") == [("told", "triage", f"System {SYSTEM}", "high", SYSTEM)]
    assert sorted(one[0] for one in await told(review, "piet")) == ["escalation", "reminder"]
    assert await told(review, "lend") == []
    await tell(review, confirmed(SYSTEM, "high", opens_review=False))
    assert await told(review, "piet") == await told(review, "helena") == []


async def test_each_step_up_from_a_breach_of_triage_waits_for_its_authority_until_the_tier_is_confirmed(
    review: World,
) -> None:
    of_round = {"system_id": SYSTEM, "intake_id": INTAKE, "round": 1, "due_at": at_day(1), "clock": "triage"}
    up = TriageEscalated(
        **of_round,
        step=2,
        role="head_of_ai_governance",
        addressee="role:head_of_ai_governance",
        told=("role:programme_manager",),
    )
    await tell(review, registered(SYSTEM), proposed(SYSTEM, "high"), up)
    assert await told(review, "helena") == [("escalation", "triage", f"System {SYSTEM}", "high", SYSTEM)]
    assert [one[0] for one in await told(review, "piet")] == ["told"]
    await tell(review, confirmed(SYSTEM, "high", opens_review=False))
    assert await told(review, "piet") == await told(review, "helena") == []


async def test_an_unreviewed_launch_waits_for_its_authority_until_a_reviewed_one_follows(review: World) -> None:
    launched = {"system_id": SYSTEM, "version": "2"}
    unreviewed = SystemLaunched(**launched, launched_at=at_day(0), reviewed=False)
    await tell(review, registered(SYSTEM), unreviewed)
    await tell(review, LaunchEscalated(**launched, addressee="role:head_of_ai_governance"))
    assert await told(review, "helena") == [("escalation", None, f"System {SYSTEM}", None, SYSTEM)]
    await tell(review, SystemLaunched(**launched, launched_at=at_day(1), reviewed=True))
    assert await told(review, "helena") == []
