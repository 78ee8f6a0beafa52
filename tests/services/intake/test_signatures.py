"""Every scheme of the table against vectors that others published or recorded."""

import base64
import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from services.intake.adapters.signatures import SCHEMES, check, usable
from shared.refusals import Refused

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "It's a Secret to Everybody"


def signed_at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


VECTORS: list[Any] = [
    pytest.param(
        "github",
        SECRET,
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
        NOON,
        id="github",
    ),
    pytest.param(
        "jira",
        SECRET,
        {"x-hub-signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"},
        b"Hello World!",
        NOON,
        id="jira",
    ),
    pytest.param(
        "standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        signed_at(1614265330),
        id="standard-webhooks",
    ),
    pytest.param(
        "servicenow-mac",
        base64.b64encode(SECRET.encode()).decode(),
        {"x-gatehouse-signature": base64.b64encode(hmac.digest(SECRET.encode(), b"{}", sha256)).decode()},
        b"{}",
        NOON,
        id="servicenow-mac",
    ),
    pytest.param("servicenow-secret", SECRET, {"x-gatehouse-secret": SECRET}, b"{}", NOON, id="servicenow-secret"),
    pytest.param("gitlab-token", SECRET, {"x-gitlab-token": SECRET}, b"{}", NOON, id="gitlab-token"),
]


@pytest.mark.parametrize(("name", "secret", "headers", "body", "now"), VECTORS)
def test_what_was_signed_passes_and_anything_else_does_not(
    name: str, secret: str, headers: dict[str, str], body: bytes, now: datetime
) -> None:
    scheme = SCHEMES[name]
    check(scheme, [secret], headers, body, now)
    check(scheme, ["another secret" if not scheme.signed else secret, secret], headers, body, now)
    header = scheme.header
    wrong: list[tuple[list[str], dict[str, str], bytes]] = [
        ([secret], {}, body),
        ([secret], {**headers, header: ""}, body),
        ([secret], {**headers, header: headers[header][:-2]}, body),
        ([secret], {**headers, header: headers[header] + "é"}, body),
        ([secret[:-4] + "AAAA"], headers, body),
        ([], headers, body),
    ]
    if scheme.signed:
        wrong += [([secret], headers, body + b" "), ([secret], {**headers, header: headers[header].upper()}, body)]
    for secrets, told, content in wrong:
        with pytest.raises(Refused, match="bad-signature"):
            check(scheme, secrets, told, content, now)


def test_a_signed_time_too_far_away_is_refused_as_stale() -> None:
    name, secret, headers, body, now = VECTORS[2].values
    for seconds in (-301, 301):
        with pytest.raises(Refused, match="stale-signature"):
            check(SCHEMES[name], [secret], headers, body, signed_at(int(now.timestamp()) + seconds))


def test_a_secret_has_the_form_its_scheme_needs() -> None:
    assert usable(SCHEMES["jira"], "a secret of enough length")
    assert not usable(SCHEMES["jira"], "short")
    assert not usable(SCHEMES["servicenow-mac"], "this is not base64 at all!")


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples does not stand beside the checkout")
def test_deliveries_recorded_off_the_wire_pass() -> None:
    lines = (SAMPLES / "mlflow" / "recorded_deliveries_3.17.2.jsonl").read_text().splitlines()
    assert lines
    for line in lines:
        recorded = json.loads(line)
        headers = {name.lower(): value for name, value in recorded["headers"].items()}
        now = signed_at(int(headers["x-mlflow-timestamp"]))
        body = recorded["body"].encode()
        check(SCHEMES["mlflow"], ["sample-secret-not-a-credential"], headers, body, now)
        with pytest.raises(Refused, match="bad-signature"):
            check(SCHEMES["mlflow"], ["sample-secret-not-a-credential"], headers, body.replace(b"a", b"b", 1), now)
