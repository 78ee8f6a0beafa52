"""Rows 16 and 17: a delivery counts if its source signed these very bytes, lately, and counts once."""

import base64
import hmac
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from services.intake.adapters.dialects import DIALECTS
from services.intake.adapters.signatures import SCHEMES, TOLERANCE_SECONDS, check
from shared.refusals import Refused
from tests.hostile.cases import CASES
from tests.hostile.routes import Attack
from tests.hostile.site import Site
from tests.services.intake.webhooks import JIRA_MAPPING, SERVICENOW_MAPPING, issue, record

SECRET = base64.b64encode(b"thirty-two bytes of a test secret").decode()
MAPPINGS = {"jira": JIRA_MAPPING, "servicenow": SERVICENOW_MAPPING}
SIGNED = [(source, scheme) for source, dialect in DIALECTS.items() for scheme in dialect.schemes]
MACS = [(source, scheme) for source, scheme in SIGNED if SCHEMES[scheme].signed]


def endpoint(site: Site, source: str, scheme: str) -> str:
    """The address of a new endpoint."""
    body = {"source": source, "name": "Hostile", "mapping": MAPPINGS[source], "owner": "piet", "secret": SECRET}
    return str(site.done("POST", "/intake/v1/endpoints", "operator", {**body, "scheme": scheme})["path"])


def payload(source: str) -> bytes:
    """A delivery about a record of its own."""
    told: dict[str, Any] = issue() if source == "jira" else record()
    if source == "jira":
        told["issue"]["id"] = str(uuid4().int)[:9]
    else:
        told["record"]["sys_id"]["value"] = uuid4().hex
    return json.dumps(told, indent=1).encode()


def signature(scheme: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header by which its source signs a body."""
    ours = SCHEMES[scheme]
    if not ours.signed:
        return {ours.header: secret}
    digest = hmac.digest(ours.key(secret), body, sha256)
    return {
        ours.header: ours.prefix + (base64.b64encode(digest).decode() if ours.encoding == "base64" else digest.hex())
    }


def deliver(site: Site, path: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
    return site.client.post(path, content=body, headers={"content-type": "application/json", **headers})


@pytest.mark.parametrize(("source", "scheme"), SIGNED)
def test_a_delivery_that_is_not_signed_as_it_must_be_is_refused(site: Site, source: str, scheme: str) -> None:
    path, body = endpoint(site, source, scheme), payload(source)
    header = SCHEMES[scheme].header
    good = signature(scheme, body)
    cut = good[header][: len(SCHEMES[scheme].prefix) + 8]
    attack = Attack(site, "hmac")
    for wrong in (
        {},
        {header: ""},
        {header: SCHEMES[scheme].prefix},
        {header: cut},
        {header: good[header] + "00"},
        signature(scheme, body, base64.b64encode(b"another secret of thirty-two byt").decode()),
        {"authorization": f"Bearer {site.token('operator')}"},
    ):
        attack.judge(str(wrong), deliver(site, path, body, wrong))
    attack.succeeded(7)
    assert deliver(site, path, body, good).status_code == 200


@pytest.mark.parametrize(("source", "scheme"), MACS)
def test_a_body_that_was_written_anew_is_another_body(site: Site, source: str, scheme: str) -> None:
    path, body = endpoint(site, source, scheme), payload(source)
    good = signature(scheme, body)
    attack = Attack(site, "hmac")
    for anew in (json.dumps(json.loads(body)).encode(), body + b"\n", body.replace(b"Claims", b"Claimz"), b"{}", b""):
        if anew != body:
            attack.judge(str(anew[:40]), deliver(site, path, anew, good))
    attack.succeeded(4)
    assert deliver(site, path, body, good).status_code == 200


def test_an_endpoint_that_is_not_there_answers_as_one_whose_secret_is_unknown(site: Site) -> None:
    path, body = endpoint(site, "jira", "jira"), payload("jira")
    attack = Attack(site, "hmac")
    absent = attack.judge("absent", deliver(site, f"/intake/v1/hooks/jira/{uuid4()}", body, signature("jira", body)))
    wrong = attack.judge("wrong", deliver(site, path, body, {}))
    attack.judge("other source", deliver(site, path.replace("jira", "servicenow"), body, signature("jira", body)))
    attack.succeeded(3)
    told = [{name: value for name, value in one.json().items() if name != "instance"} for one in (absent, wrong)]
    assert told[0] == told[1]


@pytest.mark.parametrize("scheme", [name for name, one in SCHEMES.items() if "timestamp" in one.signed])
@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, -86_400])
def test_a_signed_time_that_is_far_away_is_refused(scheme: str, seconds: int) -> None:
    """No source whose scheme signs a time has a door yet, so the schemes themselves are asked."""
    now = datetime.now(UTC)
    assert [_answer(scheme, now, late) for late in (seconds, 0)] == [CASES["late"].code, None]


def _answer(name: str, now: datetime, seconds: int) -> str | None:
    scheme = SCHEMES[name]
    headers = {"webhook-id": "1", "x-mlflow-delivery-id": "1"}
    headers[scheme.timestamp_header] = str(int(now.timestamp()) + seconds)
    parts = {"id": b"1", "timestamp": headers[scheme.timestamp_header].encode(), "body": b"{}"}
    digest = hmac.digest(
        scheme.key(SECRET), scheme.lead + scheme.joint.join(parts[one] for one in scheme.signed), sha256
    )
    told = base64.b64encode(digest).decode() if scheme.encoding == "base64" else digest.hex()
    headers[scheme.header] = scheme.prefix + told
    try:
        check(scheme, [SECRET], headers, b"{}", now)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(("source", "scheme"), SIGNED)
def test_a_delivery_that_comes_again_has_no_effect(site: Site, source: str, scheme: str) -> None:
    path, body = endpoint(site, source, scheme), payload(source)
    first = deliver(site, path, body, signature(scheme, body))
    facts = _facts(site)
    again = deliver(site, path, body, signature(scheme, body))
    assert (first.status_code, first.json()["outcome"]) == (200, "registered")
    assert CASES["again"].holds(again)
    assert (again.json()["outcome"], _facts(site)) == ("repeated", facts)


def test_a_delivery_id_that_comes_again_with_other_bytes_has_no_effect(site: Site) -> None:
    path, named = endpoint(site, "jira", "jira"), {"x-atlassian-webhook-identifier": str(uuid4())}
    first, other = payload("jira"), payload("jira")
    deliver(site, path, first, {**signature("jira", first), **named})
    facts = _facts(site)
    again = deliver(site, path, other, {**signature("jira", other), **named})
    assert CASES["again"].holds(again)
    assert (again.json()["outcome"], _facts(site)) == ("repeated", facts)


def _facts(site: Site) -> int:
    """How many facts intake's log holds."""
    with closing(sqlite3.connect(site.place.folder / "intake" / "events.db")) as connection:
        return int(connection.execute("select count(*) from event").fetchone()[0])
