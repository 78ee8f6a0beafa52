"""Clocks: pauses, reminders, breaches, escalation, and an explanation whose minutes add up."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.review.domain.case import AwaitingAnswers, opened_case
from services.review.domain.circumstances import Actor
from services.review.domain.clock import counted
from services.review.domain.commands import Answer, Assign
from services.review.domain.explanation import explain
from shared.events.review import ClockBreached, ClockReminded, ClockResumed, ReviewEscalated
from tests.domain.review.world import DAY, MONDAY, World, at_day, kinds, only

RITA = Actor(person="rita-requester")


def in_review(tier: str = "medium") -> World:
    return World().staffed().opened(tier).submitted()


def test_the_next_instant_is_the_first_reminder() -> None:
    assert World().opened().next() == at_day(4, 17)  # half of ten working days: Friday evening


def test_the_clocks_of_a_region_that_the_policy_no_longer_has_run_by_the_default_region() -> None:
    assert World().opened(region="atlantis").next() == World().opened(region="utc").next()


def test_reminders_are_told_once_each_to_whoever_has_the_ball() -> None:
    world = World().opened().at(at_day(4, 17))
    reminded = only(world.notice(), ClockReminded)
    assert (reminded.percent, reminded.addressee) == (50, "rita-requester")
    assert world.notice() == []
    assert only(world.at(at_day(9, 17)).notice(), ClockReminded).percent == 80


def test_after_an_outage_the_later_reminder_says_it_all() -> None:
    assert only(World().opened().at(at_day(10)).notice(), ClockReminded).percent == 80


def test_a_clock_that_runs_out_is_a_fact_and_escalates() -> None:
    world = World().staffed().opened().at(at_day(12, 9))
    facts = world.notice()
    assert kinds(facts) == ["ClockBreached", "ReviewEscalated"]
    breach = only(facts, ClockBreached)
    assert (breach.due_at, breach.noticed_at, breach.holder) == (at_day(11, 17), at_day(12, 9), "submitter")
    escalated = only(facts, ReviewEscalated)
    assert (escalated.step, escalated.role, escalated.told) == (1, "head_of_ai_governance", ("priya-pm",))


def test_escalation_climbs_from_the_lead_to_the_executive() -> None:
    world = in_review()
    world.when(Assign(actor=Actor(person="lead-security"), discipline="security", reviewer="rev-security"))
    world.signs("product")
    due = at_day(3, 17)
    facts = [one for one in world.at(due).notice() if one.clock == "signoff:security"]
    assert [one.addressee for one in facts if isinstance(one, ReviewEscalated)] == ["lead-security"]
    clock = opened_case(world.state).clocks["signoff:security"]
    assert clock.next_step_at == at_day(7, 17)  # two business days later is Monday; a weekend lies between
    second = [one for one in world.at(at_day(7, 17)).notice() if isinstance(one, ReviewEscalated)]
    assert [(one.step, one.addressee) for one in second] == [(2, "helena-head")]
    world.at(at_day(10, 17)).notice()
    last = [one for one in world.facts if isinstance(one, ReviewEscalated) and one.clock == "signoff:security"][-1]
    assert (last.step, last.addressee, last.next_at) == (3, "marcus-exec", None)


def test_a_breach_that_somebodys_act_brought_to_light_escalates_as_well() -> None:
    world = in_review()
    world.at(at_day(9, 10)).signs("product")
    noticed = world.signs("security")  # the ball goes to the board two hours after the review's clock ran out
    assert [one.clock for one in noticed if isinstance(one, ClockBreached)] == ["signoff:security", "review"]
    told = [one for one in world.notice() if isinstance(one, ReviewEscalated)]
    assert [(one.clock, one.step, one.addressee) for one in told] == [("review", 1, "chair")]
    assert world.next() == at_day(10, 17)  # then the head of AI governance


def test_an_overdue_clock_that_stood_still_escalates_once_it_goes_on() -> None:
    world = in_review()
    world.at(at_day(9, 10)).signs("security", "request_changes")
    world.when(Answer(actor=RITA, text="done"))
    told = {one.clock for one in world.notice() if isinstance(one, ReviewEscalated)}
    assert told == {"review", "signoff:product", "signoff:security"}


def test_where_nobody_holds_the_office_the_role_is_told() -> None:
    world = World().opened("medium").submitted().at(at_day(1, 17))
    assert {one.addressee for one in world.notice() if isinstance(one, ClockReminded)} == {
        "role:reviewer:product",
        "role:reviewer:security",
    }


def test_addressees_are_those_in_office_as_of_now() -> None:
    world = in_review().at(at_day(1, 17))
    assert {one.addressee for one in world.notice() if isinstance(one, ClockReminded)} == {
        "lead-product",
        "lead-security",
    }


def test_a_paused_clock_says_nothing_and_goes_on_with_what_is_left() -> None:
    world = in_review().at(at_day(1, 13))
    world.signs("security", "request_changes")
    assert world.next() == at_day(8, 13)  # half of the submitter's ten days; the others stand still
    facts = world.at(at_day(2, 9)).when(Answer(actor=RITA, text="done"))
    review = next(one for one in facts if isinstance(one, ClockResumed) and one.clock == "review")
    assert review.spent_minutes == DAY + 240
    assert review.due_at == at_day(9, 13)  # five and a half of seven days are left, over one weekend


def test_the_submitters_late_answer_is_a_breach_of_the_answer_clock() -> None:
    world = in_review()
    world.signs("security", "request_changes")
    escalated = [one for one in world.at(at_day(12)).notice() if isinstance(one, ReviewEscalated)]
    assert [one.addressee for one in escalated] == ["lead-security"]
    assert isinstance(world.state, AwaitingAnswers)


def test_a_breached_clock_is_explained_with_the_minutes_of_each_holder() -> None:
    world = World().staffed().opened("medium")
    world.at(at_day(1)).submitted()
    world.at(at_day(2, 11, 30)).signs("security", "request_changes")
    world.at(at_day(4, 10)).when(Answer(actor=RITA, text="done"))
    for discipline in ("product", "security"):
        world.at(at_day(7, 10)).signs(discipline)
    case = opened_case(world.state)
    told = explain(case, at_day(8, 9), world.rules.calendars("utc"))
    assert {one.holder: one.minutes for one in told.held} == {
        "submitter": DAY + (5 * 60 + 30) + DAY + 60,
        "reviewers": DAY + 150 + 7 * 60 + 60,
        "board": 7 * 60,
    }
    assert told.total_minutes == 6 * DAY
    assert told.rounds[1].words == (
        "the reviewers had the ball from 2026-03-03 09:00 UTC to 2026-03-04 11:30 UTC, reviewing: "
        "10 h 30 min of working time"
    )


steps = st.lists(
    st.tuples(st.sampled_from(["ask", "answer", "attach", "rule", "notice"]), st.integers(1, 4000)), max_size=12
)


def play(moves: list[tuple[str, int]], seconds: int) -> tuple[World, datetime]:
    world = World().staffed().opened("medium").at(MONDAY + timedelta(seconds=seconds)).submitted()
    now = world.now
    for move, minutes in moves:
        now += timedelta(minutes=minutes, seconds=seconds)
        world.at(now)
        waiting = isinstance(world.state, AwaitingAnswers)
        if move == "ask" and not waiting:
            world.signs("security", "request_changes")
        elif move == "answer" and waiting:
            world.when(Answer(actor=RITA, text="done"))
        elif move == "attach":
            world.attach("threat-model", digest=f"{len(world.facts):064d}")
        elif move == "rule" and not waiting:
            world.signs("product")
            world.signs("security")
        elif move == "notice":
            world.notice()
    return world, now


@given(steps, st.integers(0, 59))
@settings(max_examples=150)
def test_the_minutes_add_up_whatever_happens(moves: list[tuple[str, int]], seconds: int) -> None:
    world, now = play(moves, seconds)
    case, calendars = opened_case(world.state), world.rules.calendars("utc")
    told = explain(case, now, calendars)
    assert told.total_minutes == counted(calendars["business"], MONDAY, now)
    for run in told.clocks:
        assert run.spent_minutes == sum(one.minutes for one in run.stretches)
        whole = counted(calendars["business"], run.stretches[0].since, run.stretches[-1].until or now)
        still = [one for one in run.stretches if not one.counted]
        assert run.spent_minutes == whole - sum(
            counted(calendars["business"], one.since, one.until or now) for one in still
        )


@given(steps, st.integers(0, 59))
@settings(max_examples=100)
def test_a_clock_ends_when_its_minutes_are_spent(moves: list[tuple[str, int]], seconds: int) -> None:
    world, _ = play(moves, seconds)
    calendars = world.rules.calendars("utc")
    for clock in opened_case(world.state).clocks.values():
        if clock.phase == "running" and not clock.breached:
            assert clock.spent_at(clock.due_at, calendars) == clock.minutes
