"""The submitter's side: evidence, completeness, answers."""

from datetime import date
from typing import Any

import pytest

from services.review.domain.case import InReview
from services.review.domain.circumstances import Actor
from services.review.domain.commands import Answer, Submit
from shared.events.review import BallPassed, ClockStarted, CompletenessScored, EvidenceSubmitted
from shared.refusals import Refused
from tests.domain.review.world import DAY, World, at_day, kinds, only

RITA = Actor(person="rita-requester")


def scored(world: World, elsewhere: frozenset[str] = frozenset()) -> CompletenessScored:
    found: CompletenessScored = only(world.when(Submit(actor=RITA, elsewhere=elsewhere)), CompletenessScored)
    return found


def test_submitting_freezes_completeness_and_starts_the_clocks() -> None:
    world = World().opened("medium")
    world.attach()
    facts = world.at(at_day(1)).when(Submit(actor=RITA))
    assert kinds(facts) == [
        "EvidenceSubmitted",
        "CompletenessScored",
        "ClockStopped",
        "ClockStarted",
        "ClockStarted",
        "ClockStarted",
    ]
    started = {one.clock: one for one in facts if isinstance(one, ClockStarted)}
    assert started["review"].minutes == 7 * DAY
    assert started["signoff:security"].holder == "reviewer:security"
    assert only(facts, EvidenceSubmitted).evidence_digest == world.evidence_digest
    assert isinstance(world.state, InReview)


def test_complete_evidence_has_no_gaps_and_what_is_welcome_only_is_not_counted() -> None:
    world = World().opened()
    world.attach()
    found = scored(world)
    assert (found.complete, found.required) == (1, 1)
    assert found.items[0].gaps == ()


@pytest.mark.parametrize(
    ("changed", "gap"),
    [
        ({"sections": {"owner": True}}, "the section “purpose” is not filled in"),
        ({"valid_until": date(2026, 3, 1)}, "it was valid until 2026-03-01"),
        ({"artefact": "model-card"}, "it is not on the table"),
    ],
)
def test_each_gap_is_said_in_words(changed: dict[str, Any], gap: str) -> None:
    world = World().opened()
    world.attach(**changed)
    found = scored(world)
    assert (found.complete, found.items[0].gaps) == (0, (gap,))


def test_another_systems_text_is_not_filled() -> None:
    world = World().opened()
    artefact = world.attach()[0]
    assert scored(world, frozenset({artefact.artefact_id})).items[0].gaps == (
        "the very same text is on file for another system",
    )


def test_what_supersedes_takes_the_one_before_off_the_table() -> None:
    world = World().opened()
    before = world.attach(sections={})[0]
    digest = world.evidence_digest
    world.attach(supersedes=before.artefact_id, digest="b" * 64)
    assert world.evidence_digest != digest
    assert scored(world).complete == 1


def test_one_can_only_supersede_what_is_there() -> None:
    with pytest.raises(Refused, match="invalid-field"):
        World().opened().attach(supersedes="44444444-4444-4444-8444-444444444444")


def test_only_the_systems_own_people_hand_evidence_in() -> None:
    world = World().opened()
    with pytest.raises(Refused, match="forbidden"):
        world.attach(actor=Actor(person="somebody"))
    world.attach(actor=Actor(person="colleague", submitter=True))
    with pytest.raises(Refused, match="forbidden"):
        world.when(Submit(actor=Actor(person="somebody")))


def test_evidence_is_submitted_once() -> None:
    with pytest.raises(Refused, match="wrong-state"):
        World().opened().submitted().when(Submit(actor=RITA))


def test_evidence_that_changes_in_review_makes_verdicts_lapse_and_their_clocks_run_again() -> None:
    world = World().staffed().opened("medium").submitted()
    world.signs("product")
    world.signs("security")
    facts = world.at(at_day(1)).attach("threat-model", digest="c" * 64)
    assert [one.clock for one in facts if isinstance(one, ClockStarted)] == ["signoff:product", "signoff:security"]
    assert only(facts, BallPassed).holder == "reviewers"


def test_an_answer_resumes_what_was_paused() -> None:
    world = World().staffed().opened("medium").submitted()
    world.at(at_day(1)).signs("security", "request_changes")
    facts = world.at(at_day(2)).when(Answer(actor=RITA, text="the threat model is attached"))
    assert kinds(facts) == ["ChangesAnswered", "ClockStopped", "ClockResumed", "ClockResumed", "ClockResumed"]


def test_one_does_not_answer_where_nothing_was_asked() -> None:
    with pytest.raises(Refused, match="wrong-state"):
        World().opened().submitted().when(Answer(actor=RITA, text="well"))
