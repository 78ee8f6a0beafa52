"""After the intake: approvals, launches, retirement, merging."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.intake.domain.commands import (
    Merge,
    NoteApproval,
    NoticeClock,
    ReportLaunch,
    RequestAnswers,
    Retire,
    Source,
    Withdraw,
)
from services.intake.domain.noticing import in_triage, next_instant
from services.intake.domain.state import Active, Merged, Retired
from shared.events.intake import (
    ApprovalNoted,
    LaunchEscalated,
    SystemLaunched,
    SystemMerged,
    SystemRetired,
    TierProposed,
    TriageBreached,
)
from tests.domain.intake.story import FIRST, Story, change, confirmation, days, hours, registration
from tests.services.intake.answers import HIGH


def approval(at: datetime, outcome: str = "approved", number: int = 1, until: datetime | None = None) -> NoteApproval:
    return NoteApproval(
        now=at, review_id=f"review-{number}", round=number, outcome=outcome, decided_at=at, expires_at=until
    )


def launch(at: datetime, version: str = "1", now: datetime | None = None) -> ReportLaunch:
    return ReportLaunch(now=now or at, version=version, launched_at=at, by="rita")


def reviewed() -> Story:
    return Story().given(registration(HIGH), confirmation("high"))


@pytest.mark.parametrize("outcome", ["approved", "approved_with_conditions"])
def test_a_launch_after_a_valid_approval_is_reviewed(outcome: str) -> None:
    launched = reviewed().given(approval(days(5), outcome)).when(launch(days(6))).then(SystemLaunched)
    assert launched.reviewed
    assert launched.approval == "review-1"


def test_a_launch_without_approval_is_taken_marked_and_escalated() -> None:
    story = reviewed().when(launch(days(6)))
    assert story.then(SystemLaunched, LaunchEscalated).addressee == "role:head_of_ai_governance"
    assert not story.facts[0].reviewed  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "noted",
    [approval(days(5), "rejected"), approval(days(7)), approval(days(1), until=days(3)), approval(days(5), number=2)],
    ids=["rejected", "decided afterwards", "expired", "of another round"],
)
def test_an_approval_that_does_not_hold_is_none(noted: NoteApproval) -> None:
    story = reviewed().given(noted).when(launch(days(6), now=days(8)))
    story.then(SystemLaunched, LaunchEscalated)


def test_an_approval_of_the_former_round_does_not_cover_a_changed_system() -> None:
    story = reviewed().given(approval(days(5)), change({**HIGH, "scale": "many"}, days(6)))
    story.when(launch(days(7))).then(SystemLaunched, LaunchEscalated)


def test_an_approval_covers_no_launch_after_its_intake_was_taken_back() -> None:
    back = Withdraw(now=days(6), intake_id=FIRST, reason="not built", source=Source(origin="api"))
    story = reviewed().given(approval(days(5)), back)
    story.when(launch(days(7))).then(SystemLaunched, LaunchEscalated)
    assert not story.facts[0].reviewed  # type: ignore[union-attr]
    assert story.when(launch(days(5), version="0", now=days(8))).then(SystemLaunched).approval == "review-1"


def test_a_launch_reported_late_is_judged_by_the_round_in_force_when_it_happened() -> None:
    story = reviewed().given(approval(days(5)), change({**HIGH, "scale": "many"}, days(7)))
    late = story.when(launch(days(6), now=days(8))).then(SystemLaunched)
    assert (late.reviewed, late.approval) == (True, "review-1")
    second = NoteApproval(
        now=days(9), review_id="review-2", round=2, outcome="approved", decided_at=days(9), expires_at=None
    )
    story.given(second).when(launch(days(8), version="2", now=days(10))).then(SystemLaunched, LaunchEscalated)
    assert story.when(launch(days(9), version="3", now=days(10))).then(SystemLaunched).approval == "review-2"
    story.when(launch(days(-1), version="0", now=days(10))).then(SystemLaunched, LaunchEscalated)


def test_the_same_launch_told_twice_is_one_launch() -> None:
    story = reviewed().given(launch(days(6)))
    story.when(launch(days(6))).then()
    story.when(launch(days(7), version="2")).then(SystemLaunched, LaunchEscalated)


def test_the_future_can_not_be_reported() -> None:
    reviewed().when(launch(days(6), now=days(5))).then_refused("invalid-time")
    gone = Retire(now=days(5), retired_at=days(6), reason="replaced", by="rita")
    reviewed().when(gone).then_refused("invalid-time")


def test_a_decision_is_noted_once() -> None:
    story = reviewed()
    story.when(approval(days(5))).then(ApprovalNoted)
    story.when(approval(days(5))).then()


def test_a_retired_system_is_retired_once_and_is_in_use_again_when_it_goes_live() -> None:
    gone = Retire(now=days(5), retired_at=days(4), reason="replaced", by="rita")
    story = reviewed().given(approval(days(3)))
    story.when(gone).then(SystemRetired)
    assert story.times == [days(4)]
    story.when(gone).then_refused("wrong-state")
    story.when(launch(days(6))).then(SystemLaunched, LaunchEscalated)
    assert isinstance(story.state, Active)


def test_what_was_retired_in_triage_and_goes_live_again_has_the_whole_of_a_new_clock() -> None:
    asked = RequestAnswers(now=hours(5), intake_id=FIRST, attributes=("scale",), by="tess", reason="how many?")
    late = NoticeClock(now=days(4), intake_id=FIRST)
    gone = Retire(now=days(5), retired_at=days(5), reason="replaced", by="rita")
    for before in ([], [late], [asked]):
        story = Story().given(registration(HIGH), *before, gone)
        assert (in_triage(story.state, FIRST), next_instant(story.state, FIRST)) == (True, None)
        proposed = story.when(launch(days(7))).then(SystemLaunched, LaunchEscalated, TierProposed)
        assert (proposed.round, proposed.revision, proposed.triage_due_at) == (1, 1, days(7).replace(hour=17))
        assert next_instant(story.state, FIRST) == days(7).replace(hour=13)
        again = NoticeClock(now=days(9), intake_id=FIRST)
        assert story.when(again).then(TriageBreached).due_at == proposed.triage_due_at
    Story().given(registration(HIGH), gone).when(launch(days(4), now=days(7))).then(SystemLaunched, LaunchEscalated)


def test_a_launch_before_the_end_that_is_reported_after_it_brings_nothing_back_to_life() -> None:
    gone = Retire(now=days(6), retired_at=days(6), reason="replaced", by="rita")
    story = reviewed().given(approval(days(3)), gone)
    late = story.when(launch(days(5), now=days(8))).then(SystemLaunched)
    assert (late.reviewed, late.approval) == (True, "review-1")
    assert isinstance(story.state, Retired)
    assert story.state.was.live


def test_a_duplicate_lives_on_as_another() -> None:
    story = reviewed()
    story.when(Merge(now=days(1), into="system-2", reason="the same", by="piet")).then(SystemMerged)
    assert story.state == Merged(was=story.state.was, into="system-2")  # type: ignore[union-attr]
    story.when(launch(days(6))).then_refused("wrong-state")
    story.when(approval(days(7))).then()


def test_a_system_is_not_merged_into_itself() -> None:
    reviewed().when(Merge(now=days(1), into="system-1", reason="?", by="piet")).then_refused("invalid-field")


def test_a_live_system_is_merged_only_into_one_that_is_live() -> None:
    """Else its launch, unreviewed perhaps, would be gone from every number."""
    merge = Merge(now=days(2), into="system-2", reason="same", by="piet")
    live = reviewed().given(launch(days(1)))
    refused = live.when(merge).then_refused("wrong-state")
    assert "live" in refused.detail
    live.when(replace(merge, into_live=True)).then(SystemMerged)
    reviewed().when(merge).then(SystemMerged)
    gone = reviewed().given(launch(days(1)), Retire(now=days(2), retired_at=days(2), reason="over", by=None))
    gone.when(merge).then(SystemMerged)


def test_of_a_system_nobody_registered_nothing_can_be_told() -> None:
    Story().when(launch(days(1))).then_refused("not-found")
    Story().when(approval(days(1))).then()
