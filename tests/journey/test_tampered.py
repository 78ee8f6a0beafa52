"""Every class of tampering (reliability A25) is found in a data folder, and the place is named where it can be."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.verifying.places import data_folder, exported
from services.verifying.verdict import NOT_SERVED, Memory, examined, verdict
from shared.transparency.policy import Policy
from shared.transparency.policy_text import read_policy
from tests.journey import tampering
from tests.journey.places import Embedded, embedded
from tests.journey.tampering import Falsify
from tests.journey.walker import MEDIUM, Walker, wait_for


@dataclass(frozen=True)
class Recorded:
    """A folder as the product left it, an older copy of it, and what others remember."""

    folder: Path
    older: Path
    witness: Path
    policy: Policy
    kept: Path

    def copy(self, to: Path, *, older: bool = False) -> Path:
        """A copy to falsify."""
        shutil.copytree(self.older if older else self.folder, to, ignore=shutil.ignore_patterns("temporal"))
        return to


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("tampered")
    with embedded(folder) as place:
        _registered(place, range(5))
    shutil.copytree(place.folder, folder / "older")
    place.start()
    _registered(place, range(5, 10))
    kept = folder / "kept.checkpoint"
    kept.write_bytes((place.folder / "tiles" / tampering.SERVICE / "checkpoint").read_bytes())
    place.end()
    (policy,) = place.witness.glob("*.policy")
    return Recorded(place.folder, folder / "older", place.witness, read_policy(policy.read_bytes()), kept)


def test_the_untouched_folder_verifies_by_the_policy_and_the_witness(recorded: Recorded) -> None:
    answer = _verify(recorded.folder, policy=recorded.policy, witness=recorded.witness, against=recorded.kept)
    assert (answer["verified"], answer["key"], answer["first_bad"]) == (True, "policy", None)


@pytest.mark.parametrize(
    "falsify", [tampering.flip, tampering.delete, tampering.insert, tampering.swap], ids=lambda one: one.__name__
)
def test_a_changed_row_is_found_and_named_by_the_log_alone(
    recorded: Recorded, falsify: Falsify, tmp_path: Path
) -> None:
    folder = recorded.copy(tmp_path / "data")
    position = _registration(folder)
    falsify(folder, position)
    answer = _verify(folder)
    assert not answer["verified"]
    assert (answer["first_bad"]["service"], answer["first_bad"]["position"]) == (tampering.SERVICE, position)


@pytest.mark.parametrize("memory", ["witness", "against"])
@pytest.mark.parametrize("falsify", [tampering.truncate, tampering.rewrite], ids=lambda one: one.__name__)
def test_what_the_stolen_key_signed_anew_is_found_by_those_who_remember(
    recorded: Recorded, falsify: Falsify, memory: str, tmp_path: Path
) -> None:
    folder = recorded.copy(tmp_path / "data")
    falsify(folder, _registration(folder))
    assert _verify(folder)["verified"], "the log alone can't know: the control"
    remembered = {memory: {"witness": recorded.witness, "against": recorded.kept}[memory]}
    assert not _verify(folder, **remembered)["verified"]


@pytest.mark.parametrize("memory", ["witness", "against"])
def test_an_older_copy_put_back_is_found_by_those_who_remember(recorded: Recorded, memory: str, tmp_path: Path) -> None:
    folder = recorded.copy(tmp_path / "data", older=True)
    assert _verify(folder)["verified"], "the log alone can't know: the control"
    remembered = {memory: {"witness": recorded.witness, "against": recorded.kept}[memory]}
    answer = _verify(folder, **remembered)
    assert not answer["verified"]
    assert "rolled back" in answer["first_bad"]["reason"]


def test_a_log_signed_with_a_new_key_is_found_by_the_policy(recorded: Recorded, tmp_path: Path) -> None:
    folder = recorded.copy(tmp_path / "data")
    tampering.rewrite_with_a_new_key(folder, _registration(folder))
    alone = _verify(folder)
    assert (alone["verified"], alone["key"]) == (True, "source"), "a key taken from the source proves consistency only"
    assert not _verify(folder, policy=recorded.policy)["verified"]


@pytest.mark.parametrize("service", ["intake", "reporting"])
def test_a_log_that_was_taken_away_whole_is_missed(recorded: Recorded, service: str, tmp_path: Path) -> None:
    folder = recorded.copy(tmp_path / "data")
    for path in (folder / service).glob("events.db*"):
        path.unlink()
    shutil.rmtree(folder / "tiles" / service)
    assert _verify(folder)["first_bad"]["service"] == service


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

        assert wait_for(refused, "the refusal of a store that was rolled back")["type"].endswith("/unavailable")
    place.end()


def _registered(place: Embedded, numbers: range) -> None:
    """Register systems, and wait until the witness has seen heads that cover them."""
    with Walker(place) as walker:
        for number in numbers:
            walker.post("/intake/v1/intakes", "rita", {"name": f"System {number}", "owner": "omar", "answers": MEDIUM})

    def covered() -> bool:
        answer = _verify(place.folder, witness=place.witness)
        log = answer["services"].get(tampering.SERVICE)
        return bool(
            answer["verified"] and log and log["size"] == tampering.size(place.folder) and "witness" in log["basis"]
        )

    wait_for(covered, "a head that covers everything, cosigned")


def _registration(folder: Path) -> int:
    """The position of a registration in the middle of the log."""
    with tampering.rows(folder) as connection:
        found = connection.execute(
            "SELECT pos FROM event WHERE type LIKE '%system_registered%' ORDER BY pos"
        ).fetchall()
    return int(found[len(found) // 2][0])


def _exported(folder: Path, policy: Policy | None, memory: Memory) -> dict[str, Any]:
    return verdict(examined(exported(folder), policy, memory), NOT_SERVED)


def _verify(
    folder: Path, *, policy: Policy | None = None, witness: Path | None = None, against: Path | None = None
) -> dict[str, Any]:
    return verdict(examined(data_folder(folder), policy, Memory.of(against, witness)), NOT_SERVED)
