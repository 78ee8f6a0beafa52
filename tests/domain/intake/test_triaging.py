"""The triage queue: people rule, the clock notices."""

from dataclasses import replace

import pytest

from services.intake.domain.commands import NoticeClock, ReportLaunch, RequestAnswers, Retire, Source, Withdraw
from services.intake.domain.noticing import in_triage, next_instant
from shared.events.intake import (
    AnswersRequested,
    ConfirmationRefused,
    IntakeAmended,
    IntakeSubmitted,
    LaunchEscalated,
    MaterialChangeDeclared,
    SystemLaunched,
    TierConfirmed,
    TierProposed,
    TriageBreached,
    TriageEscalated,
    TriageReminded,
)
from tests.domain.intake.story import (
    FIRST,
    MONDAY,
    OWNER,
    REQUESTER,
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

CHANGED = (MaterialChangeDeclared, IntakeSubmitted, TierProposed)
LOOK_LATER = NoticeClock(now=days(10), intake_id=FIRST)


def at(instant: object) -> NoticeClock:
    return NoticeClock(now=instant, intake_id=FIRST)  # type: ignore[arg-type]


def test_a_triager_confirms_what_was_proposed() -> None:
    confirmed = Story().given(registration(HIGH)).when(confirmation("high", hours(2))).then(TierConfirmed)
    assert (confirmed.tier, confirmed.proposed_tier, confirmed.by) == ("high", "high", TRIAGER)
    assert not confirmed.automatic
    assert confirmed.high_risk


def test_a_triager_may_raise_the_tier_and_the_review_then_asks_for_more() -> None:
    story = Story().given(registration({}))
    confirmed = story.when(confirmation("high")).then(TierConfirmed)
    assert (confirmed.tier, confirmed.proposed_tier) == ("high", "medium")
    medium = Story().given(registration({})).when(confirmation("medium")).then(TierConfirmed)
    demanded, less = ({one.artefact for one in each.evidence if one.required} for each in (confirmed, medium))
    assert demanded > less
    review = {one.clock: one.minutes for one in confirmed.clocks}["review"]
    assert review == 12 * 8 * 60


def test_lowering_the_tier_is_the_boards_right_alone() -> None:
    refused = Story().given(registration(HIGH)).when(confirmation("medium")).then_refused("forbidden")
    assert "board" in refused.detail


def test_a_prohibited_use_is_confirmed_as_such_and_opens_no_review() -> None:
    confirmed = Story().given(registration(PROHIBITED)).when(confirmation("prohibited")).then(TierConfirmed)
    assert confirmed.prohibited
    assert not confirmed.opens_review


def test_new_answers_and_a_triager_lead_no_system_out_of_the_prohibited_tier() -> None:
    story = Story().given(registration(PROHIBITED), confirmation("prohibited"))
    for told, proposed in ((LOW, "low"), (HIGH, "high")):
        assert story.when(change(told, days(1))).facts[-1].tier == proposed  # type: ignore[union-attr]
        story.when(confirmation(proposed, days(2), intake_id=SECOND)).then_refused("prohibited-use")
        confirmed = story.when(confirmation("prohibited", days(2), intake_id=SECOND)).then(TierConfirmed)
        assert (confirmed.prohibited, confirmed.opens_review) == (True, False)


@pytest.mark.parametrize(("told", "proposed"), [({}, "medium"), (LOW, "low")], ids=["same answers", "other answers"])
def test_a_tier_that_people_set_is_a_floor_for_every_later_round(told: dict[str, str], proposed: str) -> None:
    """The triager who raised a tier has no right to lower it again, and new answers give nobody that right."""
    story = Story().given(registration({}), confirmation("high"))
    assert story.when(change(told, days(1))).then(*CHANGED).tier == proposed
    story.when(confirmation(proposed, days(2), intake_id=SECOND)).then_refused("forbidden")
    confirmed = story.when(confirmation("high", days(2), intake_id=SECOND)).then(TierConfirmed)
    assert (confirmed.tier, confirmed.proposed_tier) == ("high", proposed)


def test_where_the_policy_alone_had_set_the_tier_a_person_rules_on_new_answers_anew() -> None:
    story = Story().given(registration({}), confirmation("medium"))
    assert story.when(change(LOW, days(1))).then(*CHANGED).tier == "low", "nor does the policy confirm it by itself"
    assert story.when(confirmation("low", days(2), intake_id=SECOND)).then(TierConfirmed).tier == "low"


def test_a_tier_that_people_set_is_a_floor_after_the_intake_was_taken_back_too() -> None:
    story = Story().given(registration({}), confirmation("high"))
    story.given(Withdraw(now=days(1), intake_id=FIRST, reason="not now", source=Source(origin="api")))
    story.when(change({}, days(2))).then(*CHANGED)
    refused = story.when(confirmation("medium", days(3), intake_id=SECOND)).then_refused("forbidden")
    assert "people set the tier to high" in refused.detail
    story.when(confirmation("high", days(3), intake_id=SECOND)).then(TierConfirmed)


def test_the_bundle_confirms_nothing_below_the_tier_that_stood() -> None:
    story = Story().given(registration({}), confirmation("medium"))
    story.when(change(LOW, days(1))).then(*CHANGED)
    story.given(Retire(now=days(2), retired_at=days(2), reason="over", by=None))
    again = ReportLaunch(now=days(3), version="2", launched_at=days(3), by=None)
    assert story.when(again).then(SystemLaunched, LaunchEscalated, TierProposed).tier == "low"
    story.when(NoticeClock(now=days(3), intake_id=SECOND)).then()


def test_a_tier_that_the_policy_does_not_have_is_no_tier() -> None:
    Story().given(registration(HIGH)).when(confirmation("extreme")).then_refused("invalid-field")


def test_nobody_confirms_their_own_request_and_the_attempt_is_on_record() -> None:
    for person in (REQUESTER, OWNER):
        attempt = Story().given(registration(HIGH)).when(confirmation("high", by=person)).then(ConfirmationRefused)
        assert (attempt.by, attempt.tier) == (person, "high")


def test_nobody_confirms_their_own_request_by_acting_for_a_triager() -> None:
    attempt = confirmation("high", by=TRIAGER, hand=REQUESTER)
    Story().given(registration(HIGH)).when(attempt).then(ConfirmationRefused)


def test_who_sent_an_intake_in_for_others_does_not_confirm_it() -> None:
    story = Story().given(replace(registration(HIGH), by=TRIAGER))
    assert story.when(confirmation("high")).then(ConfirmationRefused).by == TRIAGER
    story.when(confirmation("high", by="toni")).then(TierConfirmed)


def test_an_owner_who_hands_the_system_on_does_not_confirm_it_then() -> None:
    handed_on = replace(amendment(HIGH, owner="olga"), by="pat")
    story = Story().given(registration(HIGH, owner=TRIAGER), handed_on)
    for person in (TRIAGER, "olga", "pat"):
        assert story.when(confirmation("high", by=person)).then(ConfirmationRefused).by == person
    story.when(confirmation("high", by="toni")).then(TierConfirmed)


def test_who_declares_a_change_does_not_confirm_that_round_but_who_amended_a_round_gone_by_may() -> None:
    amended = replace(amendment({**HIGH, "scale": "many"}), by="pat")
    story = Story().given(registration(HIGH), amended, confirmation("high", by="toni"))
    story.given(change({**HIGH, "scale": "few"}, days(1), by=TRIAGER, sent_by="sam"))
    for person in (TRIAGER, "sam", REQUESTER):
        refused = story.when(confirmation("high", days(1), intake_id=SECOND, by=person)).then(ConfirmationRefused)
        assert (refused.by, refused.round) == (person, 2)
    story.when(confirmation("high", days(1), intake_id=SECOND, by="pat")).then(TierConfirmed)


def test_a_ruling_on_a_proposal_that_was_not_read_is_refused() -> None:
    story = Story().given(registration(HIGH), amendment({**HIGH, "scale": "many"}))
    story.when(confirmation("high", revision=1)).then_refused("stale-decision")
    story.when(confirmation("high", revision=2)).then(TierConfirmed)


def test_a_tier_is_confirmed_once() -> None:
    Story().given(registration(HIGH), confirmation("high")).when(confirmation("high")).then_refused("wrong-state")


def test_a_ruling_on_a_round_gone_by_is_refused() -> None:
    story = Story().given(registration(LOW), change(HIGH, days(1)))
    story.when(confirmation("high", days(1))).then_refused("wrong-state")
    story.when(confirmation("high", days(1), intake_id=SECOND)).then(TierConfirmed)


def test_reminders_come_at_half_and_at_four_fifths_and_once_each() -> None:
    story = Story().given(registration(HIGH))
    story.when(at(MONDAY.replace(hour=12, minute=59))).then()
    first = story.when(at(MONDAY.replace(hour=13))).then(TriageReminded)
    assert (first.percent, first.addressee, story.times) == (50, "role:triager", [MONDAY.replace(hour=13)])
    story.when(at(MONDAY.replace(hour=14))).then()
    assert story.when(at(MONDAY.replace(hour=16))).then(TriageReminded).percent == 80


def test_a_breach_is_a_fact_of_its_due_instant_and_climbs_the_chain_step_by_step() -> None:
    story = Story().given(registration(HIGH))
    breached = story.when(LOOK_LATER).then(TriageBreached)
    assert story.times == [breached.due_at] == [MONDAY.replace(hour=17)]
    assert breached.noticed_at == days(10)
    assert breached.addressee == "role:head_of_ai_governance"
    assert breached.told == ("role:programme_manager",)
    assert breached.next_at == next_instant(story.state, FIRST) == days(7).replace(hour=17)
    story.when(at(days(7))).then()
    up = story.when(LOOK_LATER).then(TriageEscalated)
    assert (up.step, up.role, up.addressee) == (2, "executive", "role:executive")
    assert (up.clock, up.due_at, up.told, up.next_at) == ("triage", breached.due_at, breached.told, None)
    assert story.times == [breached.next_at]
    assert next_instant(story.state, FIRST) is None
    story.when(LOOK_LATER).then()
    story.when(confirmation("high", days(11))).then(TierConfirmed)


def test_a_settled_intake_is_escalated_no_further() -> None:
    story = Story().given(registration(HIGH), at(days(1)), confirmation("high", days(2))).when(LOOK_LATER)
    story.then()
    assert next_instant(story.state, FIRST) is None


def test_an_amendment_lets_the_chain_go_on_where_it_was() -> None:
    story = Story().given(registration(HIGH), at(days(1)), amendment(HIGH | {"scale": "many"}, days(2)))
    assert next_instant(story.state, FIRST) == days(7).replace(hour=17)
    assert story.when(LOOK_LATER).then(TriageEscalated).step == 2


def test_a_question_holds_the_chain_and_the_answer_lets_it_go_on() -> None:
    asked = RequestAnswers(now=days(2), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    story = Story().given(registration({}), at(days(1)), asked).when(LOOK_LATER)
    assert story.then(TriageReminded).clock == "answer"
    story.when(amendment({"scale": "many"}, days(10))).then(IntakeAmended, TierProposed)
    assert story.when(at(days(10))).then(TriageEscalated).addressee == "role:executive"


def test_the_clock_of_a_settled_intake_has_nothing_to_say() -> None:
    story = Story().given(registration(HIGH), confirmation("high")).when(LOOK_LATER)
    story.then()
    assert not in_triage(story.state, FIRST)


def test_the_next_instant_is_the_nearest_that_was_not_noticed() -> None:
    story = Story().given(registration(HIGH))
    assert next_instant(story.state, FIRST) == MONDAY.replace(hour=13)
    story.given(at(MONDAY.replace(hour=13)))
    assert next_instant(story.state, FIRST) == MONDAY.replace(hour=15, minute=24)
    story.given(at(MONDAY.replace(hour=16)))
    assert next_instant(story.state, FIRST) == MONDAY.replace(hour=17)
    story.given(LOOK_LATER, LOOK_LATER)
    assert next_instant(story.state, FIRST) is None
    assert in_triage(story.state, FIRST)


def test_a_question_stops_the_triage_clock_and_starts_the_submitters() -> None:
    asked = RequestAnswers(now=hours(3), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    story = Story().given(registration({})).when(asked)
    fact = story.then(AnswersRequested)
    assert fact.triage_minutes_left == 5 * 60
    assert fact.due_at == days(14).replace(hour=12)
    story.when(at(days(1))).then()
    reminded = story.when(at(days(8))).then(TriageReminded)
    assert (reminded.clock, reminded.percent, reminded.addressee) == ("answer", 50, REQUESTER)
    breached = story.when(at(days(15))).then(TriageBreached)
    assert (breached.clock, breached.addressee, breached.told) == ("answer", OWNER, ("role:programme_manager",))
    assert breached.next_at == days(16).replace(hour=12)
    head = story.when(at(days(16.5))).then(TriageEscalated)
    assert (head.clock, head.step, head.addressee) == ("answer", 2, "role:head_of_ai_governance")
    assert head.told == ("role:programme_manager",)
    assert head.next_at == days(21).replace(hour=12)
    last = story.when(at(days(22))).then(TriageEscalated)
    assert (last.step, last.addressee, last.next_at) == (3, "role:executive", None)
    story.when(at(days(40))).then()


def test_nobody_asks_twice_at_once() -> None:
    asked = RequestAnswers(now=hours(3), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    Story().given(registration({}), asked).when(asked).then_refused("wrong-state")


def test_what_was_said_of_a_clock_is_not_said_again_when_it_goes_on() -> None:
    asked = RequestAnswers(now=hours(5), intake_id=FIRST, attributes=("scale",), by=TRIAGER, reason="how many?")
    story = Story().given(registration({}), at(hours(4)), asked, amendment({"scale": "many"}, days(1)))
    assert next_instant(story.state, FIRST) == days(1).replace(hour=10, minute=24)


def test_a_postponed_triage_says_nothing_before_its_day_and_then_the_bundle_may_confirm() -> None:
    story = Story().given(replace(registration(LOW), triage_from=days(2)))
    assert next_instant(story.state, FIRST) == days(2)
    story.when(at(days(1))).then()
    assert story.when(at(days(2))).then(TierConfirmed).automatic


def test_a_held_intake_has_no_clock_until_a_person_takes_it_up() -> None:
    story = Story().given(replace(registration(HIGH), held=True))
    assert next_instant(story.state, FIRST) is None
    story.when(LOOK_LATER).then()
    story.when(confirmation("high", days(20))).then(TierConfirmed)
