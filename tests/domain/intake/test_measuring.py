"""What a material change is measured against: what was recorded of the tier in force, and nothing worked out since."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from services.intake.domain.commands import Command, Source, Withdraw
from services.intake.domain.rules import Rules
from shared.events.intake import MaterialChangeDeclared, TierProposed
from tests.domain.intake.story import FIRST, SECOND, Story, change, confirmation, days, policy, registration
from tests.domain.intake.test_overriding import decision, low, proposal
from tests.services.intake.answers import HIGH, LOW

MEDIUM = {name: answer for name, answer in LOW.items() if name != "sector"}
TAKEN_BACK = {"reason": "too early", "source": Source(origin="api")}


def declared(story: Story, command: Command) -> Sequence[str]:
    """The difference that the declaration records."""
    story.when(command)
    assert story.refused is None
    (fact,) = (one for one in story.facts if isinstance(one, MaterialChangeDeclared))
    return fact.difference


def later() -> Rules:
    """The policy as it was changed: the lowest tier asks security too."""
    bundle = policy()
    by_tier = bundle.disciplines.by_tier | {"low": ("product", "security")}
    disciplines = msgspec.structs.replace(bundle.disciplines, by_tier=by_tier)
    return Rules(replace(bundle, version="2027.1", digest="f" * 64, disciplines=disciplines))


def test_a_tier_that_a_triager_raised_is_what_was_before() -> None:
    story = Story().given(registration(MEDIUM))
    assert isinstance(story.facts[-1], TierProposed)
    assert story.facts[-1].tier == "medium"
    said = declared(story.given(confirmation("high")), change(LOW, days(30)))
    assert said[0] == "The tier goes from high to low."
    assert "Discipline sre need no longer sign off." in said
    assert "Evidence red-team-report is no longer asked for." in said
    assert "Answer sector is no longer unknown." in said


def test_a_tier_that_the_board_set_is_what_was_before() -> None:
    story = low().given(proposal("high", "low"), decision("high", "low", downgrade=False))
    said = declared(story, change({**LOW, "everyday_use": "email"}, days(30)))
    assert said[0] == "The tier goes from high to low."
    assert "Discipline sre need no longer sign off." in said
    assert not any("policy" in sentence for sentence in said)


def test_what_was_recorded_is_not_worked_out_anew_under_the_policy_of_the_day() -> None:
    story = Story().given(registration(LOW))
    story.rules = later()
    assert declared(story, change(LOW, days(30))) == (
        "Discipline security must now sign off.",
        "The policy went from version 2026.1 to 2027.1 in between.",
    )


def test_what_a_confirmation_under_another_policy_did_not_record_is_said() -> None:
    story = Story().given(registration(MEDIUM))
    story.rules = later()
    said = declared(story.given(confirmation("high")), change(LOW, days(30)))
    assert said[0] == "The tier goes from high to low."
    assert not any(sentence.startswith("The policy went") for sentence in said)
    assert said[-1] == (
        "The tier was confirmed under policy version 2027.1, of which no score, rules, legal classes and unknown "
        "answers were recorded: those are measured against the proposal, under version 2026.1."
    )


def test_a_round_that_was_taken_back_leaves_the_tier_that_was_confirmed_before_it() -> None:
    back = Withdraw(now=days(2), intake_id=SECOND, **TAKEN_BACK)
    story = Story().given(registration(HIGH), confirmation("high"), change(LOW, days(1)), back)
    said = declared(story, replace(change(LOW, days(3)), intake_id="intake-3"))
    assert said[0] == "The tier goes from high to low."
    assert said[-1] == ("Round 2 was taken back unconfirmed: this is measured against the tier confirmed in round 1.")


def test_a_confirmed_tier_stands_though_its_intake_was_taken_back() -> None:
    back = Withdraw(now=days(2), intake_id=FIRST, **TAKEN_BACK)
    story = Story().given(registration(MEDIUM), confirmation("high"), back)
    said = declared(story, change(MEDIUM, days(3)))
    assert said[0] == "The tier goes from high to medium."
    assert not any("taken back" in sentence for sentence in said)


def test_where_no_tier_was_confirmed_the_proposal_is_what_was_before() -> None:
    back = Withdraw(now=days(2), intake_id=FIRST, **TAKEN_BACK)
    said = declared(Story().given(registration(HIGH), back), change(LOW, days(3)))
    assert said[0] == "The tier goes from high to low."
    assert said[-1] == "No tier was confirmed: this is measured against what round 1 proposed before it was taken back."
