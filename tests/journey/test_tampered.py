"""Every class of tampering (reliability A25) is found in a data folder, and the place is named where it can be."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from services.verifying.places import exported
from services.verifying.verdict import NOT_SERVED, Memory, examined, verdict
from shared.transparency.policy import Policy
from tests.journey import tampering
from tests.journey.places import Embedded
from tests.journey.recorded import Recorded, record, verified
from tests.journey.walker import Walker, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("tampered"))


def test_the_untouched_folder_verifies_by_the_policy_and_the_witness(recorded: Recorded) -> None:
    answer = verified(recorded.folder, policy=recorded.policy, witness=recorded.witness, against=recorded.kept)
    assert (answer["verified"], answer["key"], answer["first_bad"]) == (True, "policy", None)


def test_a_log_signed_with_a_new_key_is_found_by_the_policy(recorded: Recorded, tmp_path: Path) -> None:
    folder = recorded.copy(tmp_path / "data")
    tampering.rewrite_with_a_new_key(folder, _registration(folder))
    alone = verified(folder)
    assert (alone["verified"], alone["key"]) == (True, "source"), "a key taken from the source proves consistency only"
    assert not verified(folder, policy=recorded.policy)["verified"]


@pytest.mark.parametrize("service", ["intake", "reporting"])
def test_a_log_that_was_taken_away_whole_is_missed(recorded: Recorded, service: str, tmp_path: Path) -> None:
    folder = recorded.copy(tmp_path / "data")
    for path in (folder / service).glob("events.db*"):
        path.unlink()
    shutil.rmtree(folder / "tiles" / service)
    assert verified(folder)["first_bad"]["service"] == service


def test_an_exported_log_that_was_taken_away_is_missed_by_those_who_remember(
    recorded: Recorded, tmp_path: Path
) -> None:
    out = tmp_path / "export"
    shutil.copytree(recorded.folder / "tiles", out)
    whole = {"policy": recorded.policy, "memory": Memory.of(recorded.kept, recorded.witness)}
    assert _exported(out, **whole)["verified"]
    shutil.rmtree(out / tampering.SERVICE)
    assert _exported(out, policy=None, memory=Memory())["verified"], "what is left agrees with itself: the control"
    assert _exported(out, policy=None, memory=Memory.of(recorded.kept, None))["first_bad"]["service"] == "intake"
    missed = _exported(out, policy=recorded.policy, memory=Memory.of(None, recorded.witness))["first_bad"]
    assert (missed["service"], "not here" in missed["reason"]) == ("intake", True)


def test_an_older_copy_is_not_gone_on_with(recorded: Recorded, tmp_path: Path) -> None:
    """The rollback guard: the product itself asks the witness before it signs or takes anything more."""
    place = Embedded(tmp_path)
    shutil.rmtree(place.folder)
    recorded.copy(place.folder, older=True)
    shutil.copytree(recorded.witness, place.witness)
    place.start()
    with Walker(place) as walker:

        def refused() -> Any:
            answer = walker.request("POST", "/intake/v1/intakes", "rita", {"name": "Late", "owner": "omar"})
            return answer.json() if answer.status_code == 503 else None

        problem = wait_for(refused, "the refusal of a store that was rolled back")
        assert (problem["type"], "has seen it at" in problem["detail"]) == ("/problems/log-frozen", True)
        assert walker.get("/intake/v1/systems", "operator")["items"], "what is there is still shown"
        ready = walker.request("GET", "/readyz", "operator")
        assert "intake/guard: takes nothing more" in ready.text
        assert 'gatehouse_log_frozen{service="intake"} 1.0' in walker.request("GET", "/metrics", "operator").text
        page = walker.request("GET", "/", "operator")
        assert (page.status_code, "A log was rolled back" in page.text) == (200, True)
    place.end()


def _registration(folder: Path) -> int:
    """The position of a registration in the middle of the log."""
    with tampering.rows(folder) as connection:
        found = connection.execute(
            "SELECT pos FROM event WHERE type LIKE '%system_registered%' ORDER BY pos"
        ).fetchall()
    return int(found[len(found) // 2][0])


def _exported(folder: Path, policy: Policy | None, memory: Memory) -> dict[str, Any]:
    return verdict(examined(exported(folder), policy, memory), NOT_SERVED)
