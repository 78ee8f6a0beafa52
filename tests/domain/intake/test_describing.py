"""Amending, withdrawing, declaring a change."""

from dataclasses import replace
from datetime import timedelta

from services.intake.domain.commands import NoticeClock, ReportLaunch, RequestAnswers, Source, Withdraw
from services.intake.domain.state import Active, Asked, Waiting, Withdrawn
from shared.events.intake import (
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    MaterialChangeDeclared,
    TierConfirmed,
    TierProposed,
    TriageBreached,
)
from tests.domain.intake.story import (
    FIRST,
    MONDAY,
    SECOND,
    TRIAGER,
    Story,
    amendment,
    change,
    confirmation,
    days,
    hours,
    registration,
)
from tests.services.intake.answers import HIGH, LOW, PROHIBITED


def test_other_answers_are_triaged_again_and_the_clock_runs_on() -> None:
    story = Story().given(registration(HIGH)).when(amendment({**HIGH, "scale": "many"}, hours(3)))
    proposed = story.then(IntakeAmended, TierProposed)
    assert story.facts[0].changed == ("scale",)  # type: ignore[union-attr]
    assert proposed.revision == 2
    assert proposed.triage_due_at == MONDAY.replace(hour=17)


def test_an_amendment_that_answers_everything_may_be_confirmed_by_the_bundle() -> None:
    story = Story().given(registration({})).when(amendment(LOW, hours(1)))
    assert story.then(IntakeAmended, TierProposed, TierConfirmed).automatic


def test_what_was_proposed_as_prohibited_is_let_down_by_a_person_alone() -> None:
    story = Story().given(registration(PROHIBITED)).when(amendment(LOW, hours(1)))
    proposed = story.then(IntakeAmended, TierProposed)
    assert (proposed.tier, proposed.confirmable_by_bundle) == ("low", False)
    story.when(amendment({**LOW, "scale": "many"}, hours(2)))
    assert not story.then(IntakeAmended, TierProposed).confirmable_by_bundle
    story.when(amendment(LOW, hours(3))).then(IntakeAmended, TierProposed)
    story.when(NoticeClock(now=days(1), intake_id=FIRST)).then(TriageBreached)
    assert not story.when(confirmation("low", days(2))).then(TierConfirmed).automatic


def test_an_intake_taken_back_does_not_wash_off_that_it_was_prohibited() -> None:
    back = Withdraw(now=hours(1), intake_id=FIRST, reason="mistake", source=Source(origin="api"))
    story = Story().given(registration(PROHIBITED), back).when(change(LOW, hours(2)))
    assert not story.then(MaterialChangeDeclared, IntakeSubmitted, TierProposed).confirmable_by_bundle


def test_an_asked_answer_that_is_stated_again_unchanged_is_given() -> None:
    asked = RequestAnswers(now=hours(1), intake_id=FIRST, attributes=("scale", "autonomy"), by=TRIAGER, reason="sure?")
    both = {"scale": "many", "autonomy": "assists"}
    story = Story().given(registration({"scale": "many", "autonomy": "assists"}), asked)
    story.when(amendment(both, hours(2))).then()
    first = story.when(amendment(both, hours(3), stated=("scale", "name"))).then(IntakeAmended)
    assert (first.changed, first.restated) == ((), ("scale",))
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Asked)
    assert story.state.intake.wanted == ("autonomy",)
    story.when(amendment(both, hours(4), stated=("scale",))).then()
    story.when(amendment(both, hours(5), stated=("autonomy",))).then(IntakeAmended, TierProposed)
    assert isinstance(story.state.intake, Waiting)


def test_an_asked_answer_stated_as_unknown_is_not_given() -> None:
    asked = RequestAnswers(now=hours(1), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    Story().given(registration({}), asked).when(amendment({}, hours(2), stated=("scale",))).then()


def test_the_same_description_again_changes_nothing() -> None:
    Story().given(registration(HIGH)).when(amendment(HIGH)).then()


def test_words_alone_are_amended_without_a_new_triage_even_after_confirmation() -> None:
    command = amendment(HIGH, texts={"summary": "Better said."}, texts_changed=("summary",))
    amended = Story().given(registration(HIGH), confirmation("high")).when(command).then(IntakeAmended)
    assert amended.changed == ("summary",)


def test_other_answers_after_confirmation_are_a_material_change() -> None:
    told = {**HIGH, "scale": "many"}
    Story().given(registration(HIGH), confirmation("high")).when(amendment(told)).then_refused("wrong-state")


def test_a_delivery_older_than_what_is_known_changes_nothing() -> None:
    first = replace(registration(HIGH), source=Source(origin="jira:a", time=days(0)))
    older = amendment(LOW, source=Source(origin="jira:a", time=days(-1)))
    newer = amendment(LOW, source=Source(origin="jira:a", time=days(1)))
    Story().given(first).when(older).then()
    Story().given(first).when(newer).then(IntakeAmended, TierProposed, TierConfirmed)


def test_what_a_source_tells_from_the_far_future_makes_nothing_later_stale() -> None:
    mad, true = Source(origin="jira:a", time=days(400)), Source(origin="jira:a", time=days(2))
    registered = replace(registration(HIGH), source=mad)
    amended = replace(registration(HIGH), source=Source(origin="jira:a", time=days(0)))
    many = amendment({**HIGH, "scale": "many"}, days(1), source=mad)
    for story in (Story().given(registered), Story().given(amended, many)):
        story.when(amendment(LOW, days(2), source=true)).then(IntakeAmended, TierProposed, TierConfirmed)
        story.when(amendment(HIGH, days(2), source=Source(origin="jira:a", time=days(1)))).then()


def test_a_source_that_is_a_little_ahead_is_still_heard_in_its_order() -> None:
    ahead = Source(origin="jira:a", time=MONDAY + timedelta(minutes=4))
    older = amendment(LOW, source=Source(origin="jira:a", time=MONDAY + timedelta(minutes=3)))
    Story().given(replace(registration(HIGH), source=ahead)).when(older).then()


def test_an_owner_or_a_place_may_change_by_itself() -> None:
    command = amendment(HIGH, owner="nina", business_unit="Retail")
    amended = Story().given(registration(HIGH)).when(command).then(IntakeAmended)
    assert amended.changed == ("owner", "business_unit")
    assert (amended.owner, amended.business_unit) == ("nina", "Retail")


def test_what_was_taken_back_no_longer_waits() -> None:
    command = Withdraw(now=hours(1), intake_id=FIRST, reason="not built", source=Source(origin="api"))
    story = Story().given(registration(HIGH)).when(command)
    story.then(IntakeWithdrawn)
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Withdrawn)
    story.when(command).then()
    story.when(confirmation("high")).then_refused("wrong-state")


def test_what_runs_can_not_be_taken_back() -> None:
    launch = ReportLaunch(now=hours(1), version="1", launched_at=hours(1), by=None)
    command = Withdraw(now=hours(2), intake_id=FIRST, reason="oops", source=Source(origin="api"))
    Story().given(registration(HIGH), launch).when(command).then_refused("wrong-state")


def test_a_deletion_older_than_the_last_update_takes_nothing_back() -> None:
    first = replace(registration(HIGH), source=Source(origin="jira:a", time=days(0)))
    late = Withdraw(now=days(1), intake_id=None, reason="deleted", source=Source(origin="jira:a", time=days(-1)))
    Story().given(first).when(late).then()


def test_a_material_change_opens_a_new_round_and_explains_the_difference() -> None:
    story = Story().given(registration(LOW)).when(change(HIGH, days(30)))
    proposed = story.then(MaterialChangeDeclared, IntakeSubmitted, TierProposed)
    declared = story.facts[0]
    assert isinstance(declared, MaterialChangeDeclared)
    assert (proposed.intake_id, proposed.round) == (SECOND, 2)
    assert any("from low to high" in sentence for sentence in declared.difference)
    assert "impact_rights" in declared.changed


def test_a_material_change_is_not_declared_before_the_tier_is_confirmed() -> None:
    Story().given(registration(HIGH)).when(change(LOW)).then_refused("wrong-state")


def test_a_change_that_lowers_the_tier_waits_for_a_person() -> None:
    story = Story().given(registration(HIGH), confirmation("high")).when(change(LOW, days(1)))
    assert story.then(MaterialChangeDeclared, IntakeSubmitted, TierProposed).tier == "low"
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Waiting)


def test_a_change_after_which_the_tier_is_as_low_as_before_needs_nobody() -> None:
    story = Story().given(registration(LOW)).when(change({**LOW, "everyday_use": "email"}, days(1)))
    confirmed = story.then(MaterialChangeDeclared, IntakeSubmitted, TierProposed, TierConfirmed)
    assert confirmed.material_change
    assert confirmed.submitted_at == days(1)


def test_only_what_was_asked_for_gives_the_ball_back_bit_by_bit_or_at_once() -> None:
    asked = RequestAnswers(now=hours(3), intake_id=FIRST, attributes=("scale", "summary"), by=TRIAGER, reason="more")
    story = Story().given(registration({}), asked)
    story.when(amendment({"exposure": "public"}, hours(4))).then(IntakeAmended)
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Asked)
    story.when(amendment({"scale": "many"}, hours(5))).then(IntakeAmended)
    words = {"texts": {"summary": "Sorts mail."}, "texts_changed": ("summary",)}
    story.when(amendment({"scale": "many"}, hours(6), **words)).then(IntakeAmended, TierProposed)
    at_once = Story().given(registration({}), asked).when(amendment({"scale": "many"}, hours(5), **words))
    at_once.then(IntakeAmended, TierProposed)


def test_an_answer_taken_back_is_none() -> None:
    asked = RequestAnswers(now=hours(3), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="are you sure?")
    Story().given(registration({"scale": "few"}), asked).when(amendment({}, hours(4))).then(IntakeAmended)


def test_an_answer_gives_the_ball_back_with_what_was_left_of_the_clock() -> None:
    asked = RequestAnswers(now=hours(3), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    story = Story().given(registration({}), asked).when(amendment({"scale": "many"}, days(3)))
    proposed = story.then(IntakeAmended, TierProposed)
    # three of eight working hours were gone; five are left from Thursday at nine
    assert proposed.triage_due_at == days(3).replace(hour=14)
    assert proposed.triage_reminders == (days(3).replace(hour=10), days(3).replace(hour=12, minute=24))
