"""Rows 1 to 3 and 5: JSON that one reader takes for this and another for that, sent to everything that takes JSON."""

import json
from typing import Any

import pytest

from tests.hostile.bodies import BODIES
from tests.hostile.routes import Attack, json_routes
from tests.hostile.site import Site

LEAST = 25
DEEP = "[" * 33 + "]" * 33


def planted(body: dict[str, Any], raw: str) -> bytes:
    """The body with one more field whose value is this text as it is."""
    return f'{json.dumps(body)[:-1]}{", " if body else ""}"planted": {raw}}}'.encode()


def test_every_route_that_takes_json_is_attacked(site: Site) -> None:
    assert {(route.method, route.path) for route in json_routes(site)} == set(BODIES)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_number_is_malformed(site: Site, number: str) -> None:
    attack = Attack(site, "number")
    for route in json_routes(site):
        attack.on(route, planted(route.body, number))
    attack.succeeded(LEAST)


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\u0000"', r'"\u0007"', r'"\u001b[31m"', r'{"a\u0000": 1}'])
def test_text_that_no_reader_keeps_is_invalid(site: Site, text: str) -> None:
    attack = Attack(site, "text")
    for route in json_routes(site):
        attack.on(route, planted(route.body, text))
    attack.succeeded(LEAST)


@pytest.mark.parametrize("value", ['1, "planted": 1', '{"a": 1, "a": 2}', '[[{"a": 1, "\\u0061": 1}]]'])
def test_a_key_that_stands_twice_is_refused_at_any_depth(site: Site, value: str) -> None:
    attack = Attack(site, "twice")
    for route in json_routes(site):
        attack.on(route, planted(route.body, value))
    attack.succeeded(LEAST)


@pytest.mark.parametrize(
    "value",
    [DEEP.encode(), b"9" * 5000, b'"\xff"', b'"\xed\xa0\x80"', b'"cut'],
    ids=["deep", "long", "ff", "ed", "cut"],
)
def test_what_is_not_json_for_every_reader_is_malformed(site: Site, value: bytes) -> None:
    attack = Attack(site, "syntax")
    for route in json_routes(site):
        attack.on(route, planted(route.body, "VALUE").replace(b"VALUE", value))
    attack.succeeded(LEAST)


@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("number", b"NaN"),
        ("text", rb'"\u0000"'),
        ("twice", b'1, "planted": 1'),
        ("syntax", DEEP.encode()),
        ("syntax", b'"\xff"'),
    ],
)
def test_a_cloud_event_is_read_as_strictly(site: Site, case: str, value: bytes) -> None:
    structured = b'{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"planted": ' + value + b"}}"
    binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}
    attack = Attack(site, case)
    for body, headers in (
        (structured, {"content-type": "application/cloudevents+json"}),
        (b'{"planted": ' + value + b"}", binary),
    ):
        attack.judge(str(headers), site.send("POST", "/intake/v1/intakes", "rita", body, **headers))
    attack.succeeded(2)


def test_a_bad_line_of_a_batch_is_refused_alone_and_as_strictly(site: Site) -> None:
    lines = {
        "malformed-json": b'{"key": "1", "name": NaN}',
        "invalid-text": rb'{"key": "2", "name": "\u0000"}',
        "duplicate-key": b'{"key": "3", "key": "4"}',
        "unknown-field": b'{"key": "5", "name": "A", "owner": "omar", "status": "approved"}',
    }
    body = b"\n".join(lines.values())
    answer = site.send("POST", "/intake/v1/intakes:batch", "rita", body, content_type="application/x-ndjson")
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["problem"]["type"] for one in told] == [f"/problems/{code}" for code in lines]
    assert [one["status"] for one in told] == [400, 422, 400, 422]
