"""A person is forgotten: nothing signed changes, everything still verifies, and what was sealed can't be read."""

from pathlib import Path

from tests.journey.places import Embedded, gatehouse
from tests.journey.walker import MEDIUM, Walker, wait_for

SECRET = "call Rita's mother before noon"


def test_forgetting_a_person_leaves_every_root_and_rebuild_as_it_was(embedded_place: Embedded, tmp_path: Path) -> None:
    with Walker(embedded_place) as walker:
        answers = MEDIUM | {"incident_contact": SECRET}
        body = {"name": "Sealed", "owner": "omar", "answers": answers}
        submitted = walker.post("/intake/v1/intakes", "rita", body)
        page = f"/intake/v1/systems/{submitted['system_id']}"
        assert walker.get(page, "rita")["answers"]["incident_contact"] == SECRET
        rita = walker.get(page, "rita")["requester"]["id"]
        before = wait_for(lambda: _signed(embedded_place, 3), "a signed head")
        kept = tmp_path / "kept.checkpoint"
        kept.write_bytes((embedded_place.folder / "tiles" / "intake" / "checkpoint").read_bytes())
        walker.post(f"/intake/v1/people/{rita}/forget", "operator")
        shown = walker.get(page, "operator")
        assert shown["requester"] == {"id": rita, "name": None, "email": None}
        assert shown["answers"].get("incident_contact") in (None, "")
        after = wait_for(lambda: _signed(embedded_place, before["size"] + 1), "the head with the forgetting in it")
    assert after["size"] > before["size"]
    answer = gatehouse("verify", str(embedded_place.folder), "--against", str(kept))
    assert (answer["verified"], answer["projections"]) == (True, "same")
    assert gatehouse("rebuild", "--data", str(embedded_place.folder))["same"] is True
    assert not [path for path in embedded_place.folder.rglob("*") if path.is_file() and SECRET.encode() in _bytes(path)]


def _signed(place: Embedded, least: int) -> dict[str, int] | None:
    """Intake's log once it is signed up to so many facts."""
    log = gatehouse("verify", str(place.folder))["services"].get("intake")
    return log if log is not None and log["size"] >= least else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # a file that came and went while the folder was listed
