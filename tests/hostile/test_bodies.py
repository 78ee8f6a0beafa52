"""Rows 6 and 7: bodies that are too large, told or not, and bodies that are not what they say or do not say it."""

import hashlib
import json
from collections.abc import Iterator

import pytest

from services.intake.api.batch import MAX_BATCH
from services.intake.api.hooks import MAX_BODY
from services.review.api.evidence import MAX_BYTES
from shared.runtime.bodies import MAX_JSON
from tests.hostile.bodies import INTAKE
from tests.hostile.cases import CASES
from tests.hostile.routes import Attack, json_routes
from tests.hostile.site import Site

PIECE = 64 * 1024


def in_pieces(size: int) -> Iterator[bytes]:
    """So many bytes whose number is told nowhere."""
    for start in range(0, size, PIECE):
        yield b" " * min(PIECE, size - start)


def doors(site: Site) -> dict[str, tuple[str, str, str, int]]:
    """What takes more than JSON: who sends, where, as what, and how much is taken."""
    review = f"/review/v1/reviews/{site.ids['review_id']}/evidence?artefact=model-card&title=Big&digest={'a' * 64}"
    return {
        "batch": ("rita", "/intake/v1/intakes:batch", "application/x-ndjson", MAX_BATCH),
        "event": ("rita", "/intake/v1/intakes", "application/cloudevents+json", MAX_JSON),
        "evidence": ("rita", review, "application/pdf", MAX_BYTES),
        "delivery": ("rita", f"/intake/v1/hooks/jira/{site.ids['endpoint_id']}", "application/json", MAX_BODY),
    }


def test_json_that_says_it_is_too_large_is_refused(site: Site) -> None:
    attack = Attack(site, "large")
    for route in json_routes(site):
        attack.on(route, b" " * (MAX_JSON + 1))
    attack.succeeded(25)


def test_json_without_a_length_is_refused_once_it_is_too_large(site: Site) -> None:
    attack = Attack(site, "large")
    for route in json_routes(site):
        headers = site.headers("operator", content_type="application/json", if_match='"0"')
        path, content = route.at(site.ids), in_pieces(MAX_JSON + 1)
        attack.judge(route.name, site.client.request(route.method, path, headers=headers, content=content))
    attack.succeeded(25)


@pytest.mark.parametrize("told", [True, False], ids=["with-length", "chunked"])
@pytest.mark.parametrize("name", ["batch", "event", "evidence", "delivery"])
def test_other_bodies_have_their_own_limit(site: Site, name: str, told: bool) -> None:
    who, path, media_type, limit = doors(site)[name]
    headers = site.headers(who, content_type=media_type)
    content = b" " * (limit + 1) if told else in_pieces(limit + 1)
    attack = Attack(site, "large")
    attack.judge(name, site.client.post(path, headers=headers, content=content))
    attack.succeeded(1)


def test_evidence_that_was_too_large_leaves_nothing_behind(site: Site) -> None:
    who, path, media_type, limit = doors(site)["evidence"]
    kept = site.place.folder / "evidence"
    before = sum(1 for each in kept.rglob("*") if each.is_file())
    headers = site.headers(who, content_type=media_type)
    assert site.client.post(path, headers=headers, content=in_pieces(limit + 1)).status_code == 413
    assert sum(1 for each in kept.rglob("*") if each.is_file()) == before


def test_the_largest_evidence_is_taken(site: Site) -> None:
    made, content = site.portfolio.system("Large evidence"), b"%" * MAX_BYTES
    said = f"artefact=model-card&title=Largest&digest={hashlib.sha256(content).hexdigest()}"
    path = f"/review/v1/reviews/{made['review_id']}/evidence?{said}"
    answer = site.send("POST", path, "rita", content, content_type="application/pdf")
    assert answer.status_code == 201, answer.text


def test_a_fact_beyond_60_kib_is_refused_and_changes_nothing(site: Site) -> None:
    made = site.portfolio.system("Long conditions")
    digests = site.done("GET", f"/review/v1/reviews/{made['review_id']}", "operator")
    named = {name: digests[name] for name in ("evidence_digest", "policy_digest")}
    conditions = [{"text": "x" * 4000, "owner": "omar", "due_on": "2099-01-01"} for _ in range(20)]
    verdict = {"discipline": "security", "verdict": "approve_with_conditions", "reason": "long"}
    body = {**named, **verdict, "conditions": conditions}
    path = f"/review/v1/reviews/{made['review_id']}"
    site.done("POST", f"{path}/evidence/links", "rita", {**_LINK})
    site.done("POST", f"{path}/submission", "rita")
    named = site.done("GET", path, "operator")
    body |= {name: named[name] for name in ("evidence_digest", "policy_digest")}
    attack = Attack(site, "event")
    attack.judge(path, site.send("POST", f"{path}/sign-offs", "rev-security", body))
    attack.succeeded(1)
    assert site.done("GET", path, "operator") == named


_LINK = {"artefact": "model-card", "title": "Card", "digest": "a" * 64, "link": "https://evidence.example.org/1"}


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": ""},
        {"content_encoding": "gzip"},
        {"content_encoding": "identity, gzip"},
    ],
    ids=str,
)
def test_a_body_that_does_not_say_what_it_is_is_not_taken(site: Site, headers: dict[str, str]) -> None:
    attack = Attack(site, "media")
    for route in json_routes(site):
        attack.on(route, json.dumps(route.body).encode(), **headers)
    attack.succeeded(25)


def test_a_body_without_any_type_is_not_taken(site: Site) -> None:
    attack = Attack(site, "media")
    for route in json_routes(site):
        path, headers = route.at(site.ids), site.headers("operator", if_match='"0"')
        content = json.dumps(route.body).encode()
        attack.judge(route.name, site.client.request(route.method, path, headers=headers, content=content))
    attack.succeeded(25)


@pytest.mark.parametrize("name", ["batch", "evidence", "delivery"])
def test_an_encoded_body_is_not_taken_anywhere(site: Site, name: str) -> None:
    who, path, media_type, _ = doors(site)[name]
    headers = site.headers(who, content_type=media_type, content_encoding="br")
    answer = site.client.post(path, headers=headers, content=b"x")
    assert CASES["media"].holds(answer), answer.text


def test_a_batch_is_ndjson_and_nothing_else(site: Site) -> None:
    answer = site.send("POST", "/intake/v1/intakes:batch", "rita", json.dumps(INTAKE).encode())
    assert CASES["media"].holds(answer), answer.text
