"""A tier that the board overrides, as intake follows it: proposed, in effect once, or on record as not applied."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.commands import Merge, NoteApproval, ReportLaunch, Retire, Source, Withdraw
from services.intake.domain.override_commands import NoteOverride, ProposeOverride
from services.intake.domain.state import Active
from shared.events.intake import (
    IntakeSubmitted,
    LaunchEscalated,
    MaterialChangeDeclared,
    OverrideNotApplied,
    OverrideProposed,
    SystemLaunched,
    TierConfirmed,
    TierOverridden,
    TierProposed,
)
from shared.events.review import OverrideDecided
from tests.domain.intake.story import FIRST, SECOND, SYSTEM, Story, change, confirmation, days, policy, registration
from tests.services.intake.answers import LOW, PROHIBITED

BOARD_CHAIR = "chair"


def proposal(to_tier: str, from_tier: str = "prohibited", **more: Any) -> ProposeOverride:
    fields = {"now": days(1), "override_id": "override-1", "round": 1, "rationale": "misread", "by": "tess", **more}
    return ProposeOverride(from_tier=from_tier, to_tier=to_tier, **fields)


def decision(to_tier: str, from_tier: str = "prohibited", **more: Any) -> NoteOverride:
    fields: dict[str, Any] = {
        "override_id": "override-1",
        "system_id": SYSTEM,
        "intake_id": FIRST,
        "round": 1,
        "downgrade": True,
        "outcome": "approved",
        "authority": "board",
        "kind": "tier-downgrade",
        "accountable_owner": "omar",
        "rationale": "weighed",
        "options": (),
        "proposal_digest": "a" * 64,
        "policy_digest": policy().digest,
        "decided_at": days(2),
        "recorded_by": BOARD_CHAIR,
        "votes_for": 3,
        "votes_against": 0,
        "abstained": 0,
        "needed": 3,
        "quorum": 3,
        "dissent": (),
        "board": (),
    }
    now = more.pop("now", days(2))
    return NoteOverride(now=now, decision=OverrideDecided(from_tier=from_tier, to_tier=to_tier, **fields | more))


def prohibited() -> Story:
    return Story().given(registration(PROHIBITED), confirmation("prohibited"))


def low() -> Story:
    """A system whose tier the bundle confirmed, and that was approved."""
    approved = NoteApproval(
        now=days(1), review_id="review-1", round=1, outcome="approved", decided_at=days(1), expires_at=None
    )
    return Story().given(registration(LOW), approved)


def test_another_tier_is_proposed_with_all_that_the_board_decides_on() -> None:
    proposed = prohibited().when(proposal("high", accountable_owner="olga", hand="hal")).then(OverrideProposed)
    assert (proposed.from_tier, proposed.to_tier, proposed.downgrade) == ("prohibited", "high", True)
    assert (proposed.by, proposed.hand, proposed.accountable_owner) == ("tess", "hal", "olga")
    assert proposed.people == ("omar", "rita")
    assert proposed.disciplines
    assert any(one.artefact == "system-card" for one in proposed.evidence)


def test_without_a_name_the_owner_is_accountable_and_a_higher_tier_is_no_downgrade() -> None:
    proposed = low().when(proposal("high", "low")).then(OverrideProposed)
    assert (proposed.accountable_owner, proposed.downgrade) == ("omar", False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (proposal("low", "high"), "stale-decision"),
        (proposal("low", round=2), "stale-decision"),
        (proposal("purple"), "invalid-field"),
        (proposal("prohibited"), "invalid-field"),
    ],
)
def test_a_proposal_for_another_tier_or_round_than_stands_or_to_none_that_there_is_is_refused(
    asked: ProposeOverride, code: str
) -> None:
    prohibited().when(asked).then_refused(code)


def test_only_a_confirmed_tier_can_be_overridden() -> None:
    Story().given(registration(PROHIBITED)).when(proposal("high")).then_refused("wrong-state")


def test_a_decision_begins_a_round_whose_tier_is_confirmed_at_once() -> None:
    story = prohibited().given(proposal("high"))
    confirmed = story.when(decision("high")).then(TierOverridden, TierConfirmed)
    overridden = story.facts[0]
    assert isinstance(overridden, TierOverridden)
    assert (overridden.round, overridden.accountable_owner, overridden.decided_by) == (2, "omar", BOARD_CHAIR)
    assert (confirmed.round, confirmed.tier, confirmed.intake_id) == (2, "high", FIRST)
    assert (confirmed.prohibited, confirmed.opens_review, confirmed.automatic) == (False, True, False)
    assert (confirmed.submitted_at, confirmed.material_change) == (days(2), False)
    assert isinstance(story.state, Active)
    assert (story.state.confirmed_tier, story.state.prohibited, story.state.rounds[-1]) == ("high", False, days(2))


def test_the_same_decision_again_under_another_key_changes_nothing_and_says_so() -> None:
    story = prohibited().given(proposal("high"), decision("high"))
    assert "another round" in story.when(decision("high")).then(OverrideNotApplied).reason


def test_a_system_overridden_upwards_is_no_longer_approved() -> None:
    launch = ReportLaunch(now=days(4), version="2", launched_at=days(4), by=None)
    assert low().when(launch).then(SystemLaunched).reviewed
    story = low().given(proposal("high", "low"), decision("high", "low", downgrade=False))
    story.when(launch).then(SystemLaunched, LaunchEscalated)
    assert not next(one for one in story.facts if isinstance(one, SystemLaunched)).reviewed


def test_a_system_overridden_to_prohibited_opens_no_review() -> None:
    story = low().given(proposal("prohibited", "low"))
    confirmed = story.when(decision("prohibited", "low", downgrade=False)).then(TierOverridden, TierConfirmed)
    assert (confirmed.prohibited, confirmed.opens_review) == (True, False)
    story.given(change(LOW, days(5)))
    story.when(confirmation("low", days(6), intake_id=SECOND)).then_refused("prohibited-use")


def test_the_next_change_begins_the_round_after_and_neither_policy_nor_triager_lets_the_tier_down() -> None:
    story = prohibited().given(proposal("high"), decision("high"))
    story.when(change(LOW, days(5))).then(MaterialChangeDeclared, IntakeSubmitted, TierProposed)
    assert {one.round for one in story.facts if not isinstance(one, MaterialChangeDeclared)} == {3}
    for lower in ("low", "medium"):
        story.when(confirmation(lower, days(6), intake_id=SECOND)).then_refused("forbidden")
    confirmed = story.when(confirmation("high", days(6), intake_id=SECOND)).then(TierConfirmed)
    assert (confirmed.tier, confirmed.proposed_tier, confirmed.round) == ("high", "low", 3)


def test_no_triager_undoes_what_the_board_raised_and_the_board_itself_may() -> None:
    """A change that changes nothing is triaged again: the policy proposes what it proposed, the board's tier stands."""
    raised = low().given(proposal("high", "low"), decision("high", "low", downgrade=False))
    raised.when(change(LOW, days(5))).then(MaterialChangeDeclared, IntakeSubmitted, TierProposed)
    for triager in ("tess", "toni"):
        refused = raised.when(confirmation("low", days(6), intake_id=SECOND, by=triager)).then_refused("forbidden")
        assert "high" in refused.detail
    raised.given(confirmation("high", days(6), intake_id=SECOND))
    again = {"round": 3, "override_id": "override-2"}
    raised.given(proposal("low", "high", now=days(7), **again))
    decided = decision("low", "high", now=days(8), intake_id=SECOND, **again)
    assert raised.when(decided).then(TierOverridden, TierConfirmed).tier == "low"


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        (change(LOW, days(2)), "another round"),
        (Withdraw(now=days(2), intake_id=FIRST, reason="no", source=Source(origin="api")), "withdrawn"),
        (Retire(now=days(2), retired_at=days(2), reason="over", by=None), "retired"),
        (Merge(now=days(2), into="system-2", reason="same", by="tess"), "merged"),
    ],
)
def test_a_decision_on_what_stands_no_more_is_on_record_and_changes_nothing(meanwhile: Any, words: str) -> None:
    story = prohibited().given(proposal("high"), meanwhile)
    before = story.state
    assert words in story.when(decision("high", now=days(3))).then(OverrideNotApplied).reason
    assert story.state == before


def test_a_decision_under_another_policy_or_on_what_was_never_proposed_is_not_applied() -> None:
    story = prohibited().given(proposal("high"))
    assert "policy" in story.when(decision("high", policy_digest="b" * 64)).then(OverrideNotApplied).reason
    assert "no such override" in story.when(decision("high", override_id="other")).then(OverrideNotApplied).reason


def test_a_tier_that_the_policy_no_longer_knows_is_left_with_the_votes_of_a_downgrade() -> None:
    story = prohibited()
    assert isinstance(story.state, Active)
    intake: Any = story.state.intake
    story.state = replace(story.state, intake=replace(intake, assessment=replace(intake.assessment, tier="purple")))
    assert story.when(proposal("prohibited", "purple")).then(OverrideProposed).downgrade
