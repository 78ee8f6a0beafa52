"""Registering: described and triaged in one, confirmed by the bundle only where nothing is open."""

from dataclasses import replace

import pytest

from services.intake.domain.commands import Moment
from services.intake.domain.state import Active, Confirmed, Retired, Waiting
from shared.events.intake import (
    IntakeSubmitted,
    SystemLaunched,
    SystemRegistered,
    SystemRetired,
    TierConfirmed,
    TierProposed,
)
from tests.domain.intake.story import FIRST, MONDAY, OWNER, REQUESTER, Story, days, registration, rules
from tests.services.intake.answers import HIGH, LOW, PROHIBITED


def test_what_is_not_answered_is_unknown_and_never_low() -> None:
    proposed = Story().when(registration({})).then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert proposed.tier == "medium"
    assert "personal_data" in proposed.unknowns
    assert not proposed.confirmable_by_bundle


def test_the_lowest_tier_without_unknowns_is_confirmed_by_the_bundle_in_the_same_append() -> None:
    story = Story().when(registration(LOW))
    confirmed = story.then(SystemRegistered, IntakeSubmitted, TierProposed, TierConfirmed)
    assert (confirmed.tier, confirmed.automatic, confirmed.by) == ("low", True, None)
    assert confirmed.opens_review
    assert confirmed.submitted_at == MONDAY
    assert (confirmed.owner, confirmed.requester) == (OWNER, REQUESTER)
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Confirmed)


@pytest.mark.parametrize("told", [HIGH, PROHIBITED, {name: LOW[name] for name in LOW if name != "personal_data"}])
def test_everything_else_waits_for_a_person(told: dict[str, object]) -> None:
    story = Story().when(registration(told))
    story.then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert isinstance(story.state, Active)
    assert isinstance(story.state.intake, Waiting)


def test_the_triage_clock_ends_after_one_working_day_and_reminds_on_the_way() -> None:
    proposed = Story().when(registration(HIGH)).then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert proposed.triage_due_at == MONDAY.replace(hour=17)
    assert proposed.triage_reminders == (MONDAY.replace(hour=13), MONDAY.replace(hour=15, minute=24))


def test_the_regions_own_hours_count() -> None:
    command = registration(HIGH, region="us-ny")
    proposed = Story().when(command).then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert proposed.triage_due_at == MONDAY.replace(hour=22)  # nine to five in New York, five hours behind


def test_a_system_of_a_region_that_the_policy_no_longer_has_goes_on_in_the_default_region() -> None:
    command = registration(HIGH, region="atlantis")
    proposed = Story().when(command).then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert proposed.triage_due_at == MONDAY.replace(hour=17)
    assert rules().days_later("atlantis", MONDAY, 1) == rules().days_later("utc", MONDAY, 1)


def test_nobody_registers_the_same_system_twice() -> None:
    Story().given(registration(HIGH)).when(registration(HIGH)).then_refused("already-exists")


def test_a_proposal_names_the_policy_that_made_it_and_says_why_in_words() -> None:
    proposed = Story().when(registration(HIGH)).then(SystemRegistered, IntakeSubmitted, TierProposed)
    found = rules().assess(proposed and registration(HIGH).description.answers, "utc")
    assert (proposed.policy_version, proposed.policy_digest) == (found.policy_version, found.policy_digest)
    assert all(rule.reason.endswith(".") for rule in proposed.fired)


def test_a_system_in_operation_is_recorded_as_launched_before_gatehouse() -> None:
    command = replace(registration(HIGH), imported=True, launched=Moment(at=days(-400)))
    story = Story().when(command)
    story.then(SystemRegistered, IntakeSubmitted, SystemLaunched, TierProposed)
    launched = story.facts[2]
    assert isinstance(launched, SystemLaunched)
    assert launched.imported_history
    assert launched.dated
    assert not launched.reviewed
    assert story.times[2] == launched.launched_at == days(-400)


def test_a_date_that_nobody_knows_is_said_to_be_unknown() -> None:
    story = Story().when(replace(registration(HIGH), imported=True, launched=Moment(at=None)))
    launched = story.facts[2]
    assert isinstance(launched, SystemLaunched)
    assert not launched.dated
    assert launched.launched_at == MONDAY


def test_a_system_retired_before_gatehouse_waits_for_no_triage_and_opens_no_review() -> None:
    command = replace(registration(LOW), imported=True, retired=Moment(at=days(-30)))
    story = Story().when(command)
    proposed = story.then(SystemRegistered, IntakeSubmitted, SystemRetired, TierProposed)
    assert proposed.triage_due_at is None
    assert isinstance(story.state, Retired)
    assert story.state.retired_at == days(-30)


def test_a_held_intake_waits_without_a_clock_and_without_the_bundles_confirmation() -> None:
    proposed = Story().when(replace(registration(LOW), held=True)).then(SystemRegistered, IntakeSubmitted, TierProposed)
    assert proposed.triage_due_at is None
    assert proposed.triage_reminders == ()


def test_a_postponed_triage_runs_from_its_day_on() -> None:
    proposed = (
        Story()
        .when(replace(registration(HIGH), triage_from=days(2)))
        .then(SystemRegistered, IntakeSubmitted, TierProposed)
    )
    assert proposed.triage_starts_at == days(2)
    assert proposed.triage_due_at == days(2).replace(hour=17)
    assert proposed.intake_id == FIRST


def test_a_triage_beyond_the_calendar_is_refused() -> None:
    later = MONDAY.replace(year=2999)
    Story().when(replace(registration(HIGH), triage_from=later)).then_refused("invalid-time")
