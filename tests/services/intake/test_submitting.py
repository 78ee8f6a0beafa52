"""Submitting intakes over HTTP: one, a retry, a CloudEvent, and what is refused."""

from tests.services.intake.world import World


async def test_a_name_and_an_owner_suffice_and_the_answer_says_what_is_required(intake: World) -> None:
    answer = await intake.post("/intakes", {"name": "Chat helper", "owner": "omar@example.org"})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["version"] == 2
    assert told["position"] == 0
    assert told["tier"] == told["proposed_tier"]
    assert not told["confirmed"]
    assert told["unknowns"]
    assert all(rule["reason"] for rule in told["fired"])
    assert {clock["clock"] for clock in told["clocks"]} >= {"triage", "review"}
    assert told["disciplines"]
    assert told["evidence"]
    assert told["clock_due_at"] == "2026-03-02T17:00:00.000000Z"
