"""What facts only name by a digest is verified too: uploaded evidence, and the raw bodies of webhooks."""

import hashlib
import hmac
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from services.verifying.verdict import in_words
from tests.journey import tampering
from tests.journey.places import Embedded, commanded, embedded, gatehouse
from tests.journey.recorded import verified
from tests.journey.walker import MEDIUM, Walker, wait_for
from tests.services.intake.webhooks import JIRA_MAPPING, SECRET, issue

CARD = b"# System card\n\nSorts claims by urgency.\n"
DIGEST = hashlib.sha256(CARD).hexdigest()


@dataclass(frozen=True)
class Kept:
    """A folder with an uploaded file, a webhook that led to facts, one that led to none and one that was erased."""

    folder: Path
    named: str
    ignored: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    with embedded(tmp_path_factory.mktemp("contents")) as place, Walker(place) as walker:
        made = walker.post("/intake/v1/intakes", "rita", {"name": "Claims", "owner": "omar", "answers": MEDIUM})
        walker.post(f"/intake/v1/intakes/{made['id']}/confirm", "tess", {"reason": "as proposed"})
        _upload(place, walker.review_of(made["system_id"]))
        told = {"source": "jira", "name": "Jira", "mapping": JIRA_MAPPING, "owner": "piet", "secret": SECRET}
        to = walker.post("/intake/v1/endpoints", "operator", told)
        named = _deliver(place, to["path"], issue())
        ignored = _deliver(place, to["path"], issue(issuetype={"id": "1", "name": "Bug", "subtask": False}))
        _deliver(place, to["path"], issue("updated", 1_772_000_100_000, summary="Claims triage 2"))
        path = f"/intake/v1/endpoints/{to['id']}/deliveries"
        newest = walker.get(path, "operator")["items"][0]
        walker.post(f"{path}/{newest['id']}/erase", "operator")
        wait_for(lambda: _covered(place), "heads that cover everything")
    return Kept(place.folder, named, ignored)


def _covered(place: Embedded) -> bool:
    answer = verified(place.folder)
    return answer["verified"] and {log["uncovered"] for log in answer["services"].values()} == {0}


def _upload(place: Embedded, review_id: str) -> None:
    about = {"artefact": "system-card", "title": "System card", "digest": DIGEST, "owner": "omar"}
    signed = {"Authorization": f"Bearer {place.token('rita')}", "Idempotency-Key": "card"}
    url = place.url("review") + f"/review/v1/reviews/{review_id}/evidence"
    answer = httpx2.post(url, params=about, content=CARD, headers={**signed, "Content-Type": "text/plain"})
    assert answer.status_code == 201, answer.text


def _deliver(place: Embedded, path: str, payload: dict[str, Any]) -> str:
    """The digest of the body."""
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    told = {"Content-Type": "application/json", "X-Hub-Signature": signature}
    answer = httpx2.post(place.url("intake") + path, content=body, headers=told)
    assert answer.status_code == 200, answer.text
    return hashlib.sha256(body).hexdigest()


def test_control_all_contents_are_looked_at_and_an_erased_body_is_no_fault(kept: Kept) -> None:
    answer = gatehouse("verify", str(kept.folder))
    assert (answer["verified"], answer["first_bad"]) == (True, None)
    assert answer["contents"] == {"rehashed": 3, "erased": 1}


def _evidence(folder: Path) -> Path:
    return folder / "evidence" / DIGEST[:2] / DIGEST


def _other_evidence(folder: Path, _: Kept) -> None:
    _evidence(folder).write_bytes(CARD.replace(b"urgency", b"Urgency"))


def _no_evidence(folder: Path, _: Kept) -> None:
    _evidence(folder).unlink()


def _body(folder: Path, digest: str, change: str) -> None:
    with tampering.rows(folder) as connection:
        assert connection.execute(f"UPDATE kept_body SET {change} WHERE digest = ?", (digest,)).rowcount == 1


def _no_body(folder: Path, kept: Kept) -> None:
    with tampering.rows(folder) as connection:
        connection.execute("DELETE FROM kept_body WHERE digest = ?", (kept.named,))


def _other_body(folder: Path, kept: Kept) -> None:
    _body(folder, kept.named, "body = body || ' '")


def _emptied_body(folder: Path, kept: Kept) -> None:
    _body(folder, kept.named, "body = NULL")


def _other_ignored_body(folder: Path, kept: Kept) -> None:
    _body(folder, kept.ignored, "body = CAST(body || ' ' AS BLOB)")


def _no_bodies(folder: Path, _: Kept) -> None:
    with tampering.rows(folder) as connection:
        connection.execute("DROP TABLE kept_body")


ATTACHED, SUBMITTED = "gatehouse.review.evidence_attached.v1", "gatehouse.intake.submitted.v1"
TAMPERINGS: dict[str, tuple[Callable[[Path, Kept], None], str, str | None, str]] = {
    "other evidence": (_other_evidence, "review", ATTACHED, "holds other bytes"),
    "evidence taken away": (_no_evidence, "review", ATTACHED, "is not here"),
    "another body": (
        lambda folder, kept: _body(folder, kept.named, "body = body || ' '"),
        "intake",
        SUBMITTED,
        "other",
    ),
    "a body taken away": (_no_body, "intake", SUBMITTED, "was not erased"),
    "a body emptied": (
        lambda folder, kept: _body(folder, kept.named, "body = NULL"),
        "intake",
        SUBMITTED,
        "not erased",
    ),
    "another body that no fact names": (_other_ignored_body, "intake", None, "holds other bytes"),
    "bodies taken away whole": (_no_bodies, "intake", SUBMITTED, "was not erased"),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_content_that_is_not_what_a_fact_says_is_found_at_the_fact(how: str, kept: Kept, tmp_path: Path) -> None:
    falsify, service, kind, words = TAMPERINGS[how]
    folder = tmp_path / "data"
    shutil.copytree(kept.folder, folder, ignore=shutil.ignore_patterns("temporal"))
    falsify(folder, kept)
    first = commanded("verify", str(folder), code=1)["first_bad"]
    assert (first["service"], words in first["reason"]) == (service, True), first
    assert first["position"] == (None if kind is None else _position(folder, service, kind))


_RETYPED: Final = (
    "CREATE TABLE other AS SELECT * FROM event",
    "DROP TABLE event",
    "ALTER TABLE other RENAME TO event",
    "UPDATE event SET body = CAST(body AS TEXT) WHERE pos = 1",
)
_COPY_LAST: Final = (
    "CREATE TABLE last AS SELECT * FROM event ORDER BY pos DESC LIMIT 1",
    "UPDATE last SET pos = pos + 1, event_id = event_id || '+', ver = ver + 1",
    "INSERT INTO event SELECT * FROM last",
    "DROP TABLE last",
)
UNREADABLE: dict[str, tuple[Callable[[Path], object], int | None, str]] = {
    "no database": (lambda folder: _events(folder).write_bytes(b"x" * 8192), 0, "not a database"),
    "an empty file": (lambda folder: _events(folder).write_bytes(b""), 0, "no such table"),
    "no table of events": (lambda folder: _altered(folder, "ALTER TABLE event RENAME TO other"), 0, "no such table"),
    "a column of another type": (lambda folder: _altered(folder, *_RETYPED), 1, "not kept as bytes"),
    "a head that is no note": (lambda folder: _head(folder).write_bytes(b"\xff\xfe"), None, "a note is UTF-8"),
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_store_that_cannot_be_read_is_not_verified_and_said_so(how: str, kept: Kept, tmp_path: Path) -> None:
    falsify, position, words = UNREADABLE[how]
    folder = tmp_path / "data"
    shutil.copytree(kept.folder, folder, ignore=shutil.ignore_patterns("temporal"))
    falsify(folder)
    first = commanded("verify", str(folder), code=1)["first_bad"]
    assert (first["service"], first["position"], words in first["reason"]) == ("intake", position, True), first


def test_what_was_recorded_after_the_signed_head_is_counted_and_said_to_be_uncovered(
    kept: Kept, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(kept.folder, folder, ignore=shutil.ignore_patterns("temporal"))
    _altered(folder, *_COPY_LAST, *_COPY_LAST)
    answer = verified(folder)
    assert (answer["verified"], answer["services"]["intake"]["uncovered"]) == (True, 2)
    assert answer["services"]["review"]["uncovered"] == 0
    assert "since that head was signed, not covered by it: 2" in in_words(answer)


@pytest.mark.parametrize("name", ["reporting/views.db", "log.db"])
def test_derived_tables_that_cannot_be_read_are_not_verified(name: str, kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(kept.folder, folder, ignore=shutil.ignore_patterns("temporal"))
    (folder / name).write_bytes(b"x" * 8192)
    answer = commanded("verify", str(folder), code=1)
    assert (answer["verified"], answer["projections"], answer["first_bad"]) == (False, "can't be read", None)


@pytest.mark.parametrize("name", ["C#", "100%41", "what?"])
def test_a_folder_verifies_whatever_it_is_called(name: str, kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(kept.folder, folder, ignore=shutil.ignore_patterns("temporal"))
    assert verified(folder)["first_bad"] is None


def _events(folder: Path) -> Path:
    for beside in folder.glob("intake/events.db-*"):
        beside.unlink()
    return folder / "intake" / "events.db"


def _head(folder: Path) -> Path:
    return folder / "tiles" / "intake" / "checkpoint"


def _altered(folder: Path, *statements: str) -> None:
    with tampering.rows(folder) as connection:
        for statement in statements:
            connection.execute(statement)


def _position(folder: Path, service: str, kind: str) -> int:
    """The fact that a digest in it stands for."""
    digest = DIGEST if service == "review" else "sha256:"
    with tampering.rows(folder, service) as connection:
        found = connection.execute("SELECT pos, body FROM event WHERE type = ? ORDER BY pos", (kind,)).fetchall()
    return next(int(position) for position, body in found if digest in bytes(body).decode())
