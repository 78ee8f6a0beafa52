"""What a hostile or careless body gets for an answer (reliability.md, table B rows 1 to 7)."""

import contextlib
import json
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.strict_json import MAX_DEPTH, MAX_EXACT
from tests.contracts.runtime.notes_site import Site, code_of

OPEN = "/notes/v1/open"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
async def test_a_number_that_is_none_is_malformed(site: Site, number: str) -> None:
    response = await site.post(OPEN, f'{{"text": "a", "count": {number}}}')
    assert code_of(response) == (400, "malformed-json")


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udc00\ud800", r"\u0008", r"\b", r"\f", r"\u001b"])
async def test_text_with_controls_or_half_characters_is_invalid_text(site: Site, escape: str) -> None:
    response = await site.post(OPEN, f'{{"text": "a", "tags": ["fine", "x{escape}y"]}}')
    assert code_of(response) == (422, "invalid-text")
    assert response.json()["errors"][0]["pointer"] == "#/tags/1"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_an_instant_that_utc_has_no_name_for_is_an_invalid_field(site: Site, at: str) -> None:
    response = await site.post(OPEN, json.dumps({"text": "a", "at": at}))
    assert code_of(response) == (422, "invalid-field")
    assert response.json()["errors"][0]["pointer"] == "#/at"


async def test_an_instant_is_kept_in_utc(site: Site) -> None:
    response = await site.post(OPEN, json.dumps({"text": "a", "at": "2026-03-01T00:30:00+01:00"}))
    assert response.json()["at"] == "2026-02-28T23:30:00Z"


async def test_a_key_with_a_control_is_invalid_text_too(site: Site) -> None:
    assert code_of(await site.post(OPEN, r'{"text": "a", "x\u0001": 1}')) == (422, "invalid-text")


@pytest.mark.parametrize("escape", [r"\n", r"\r", r"\t", r"\ud83d\ude00", r"\u00e9", r"\\u0000", r"\"", "\u202e"])
async def test_other_characters_pass_unchanged(site: Site, escape: str) -> None:
    response = await site.post(OPEN, f'{{"text": "a{escape}b"}}'.encode())
    assert response.status_code == 200
    assert response.json()["text"] == json.loads(f'"a{escape}b"')


@pytest.mark.parametrize(
    "body",
    ['{"text":"a","text":"b"}', '{"text":"a","part":{"name":"x","name":"x"}}', r'{"text":"a","te\u0078t":"b"}'],
)
async def test_a_key_that_stands_twice_is_refused_at_any_depth(site: Site, body: str) -> None:
    assert code_of(await site.post(OPEN, body)) == (400, "duplicate-key")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"text":"a","status":"approved"}', "#/status"),
        ('{"text":"a","part":{"name":"x","approved_by":"me"}}', "#/part/approved_by"),
        ('{"text":"a","ten/a~nt":"x"}', "#/ten~1a~0nt"),
    ],
)
async def test_a_field_that_is_not_the_callers_is_refused_with_its_pointer(site: Site, body: str, pointer: str) -> None:
    response = await site.post(OPEN, body)
    assert code_of(response) == (422, "unknown-field")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "' + b"[" * 3 + b'", "tags": ' + b"[" * 33 + b"]" * 33 + b"}",
        b"[" * 40_000,
        b'{"text": "a", "count": ' + b"9" * 5_000 + b"}",
        b'{"text": "a", "count": 9007199254740992}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": "a"',
        b'{"text": "a',
        b'{"text": "a\nb"}',
        b'{"text": "a"} {}',
        b"\xef\xbb\xbf{}",
        b"",
        b"{'text': 'a'}",
    ],
)
async def test_what_is_not_json_that_all_readers_agree_on_is_malformed(site: Site, body: bytes) -> None:
    assert code_of(await site.post(OPEN, body)) == (400, "malformed-json")


async def test_types_are_not_bent_into_each_other(site: Site) -> None:
    response = await site.post(OPEN, '{"text": 5, "count": "7"}')
    assert code_of(response) == (422, "invalid-field")
    assert [error["pointer"] for error in response.json()["errors"]] == ["#/text", "#/count"]
    assert (await site.post("/notes/v1/list", '[{"text":"a"},{"text":"b"}]')).json() == 2


async def test_a_body_over_a_mebibyte_is_refused_with_or_without_a_length(site: Site) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(1025):
            yield b" " * 1024

    fits = b'{"text":"' + b"x" * (1024 * 1024 - 11) + b'"}'
    assert (await site.post(OPEN, fits)).status_code == 200
    assert code_of(await site.post(OPEN, fits + b" ")) == (413, "body-too-large")
    chunked = await site.post(OPEN, chunks())
    assert "transfer-encoding" in chunked.request.headers
    assert code_of(chunked) == (413, "body-too-large")


async def test_a_body_of_very_many_parts_is_too_large_but_commas_in_text_are_no_parts(site: Site) -> None:
    assert code_of(await site.post(OPEN, b"[" + b"[]," * 30_000 + b"[]]")) == (413, "body-too-large")
    assert code_of(await site.post(OPEN, b"{" * 60_000)) == (413, "body-too-large")
    assert (await site.post(OPEN, b'{"text":"' + b',[{\\"' * 100_000 + b'"}')).status_code == 200


@pytest.fixture
def five_seconds_of_work() -> Iterator[None]:
    """The test fails when it has worked that long; waiting for others does not count."""

    def spent(*_: object) -> None:
        raise AssertionError("five seconds of work were not enough")

    before = signal.signal(signal.SIGVTALRM, spent)
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.usefixtures("five_seconds_of_work")
@pytest.mark.parametrize("piece", [b'\\"', b"\\\n", b'"\\', b'"', b"\\"])
async def test_a_mebibyte_of_strings_without_end_is_refused_at_once(site: Site, piece: bytes) -> None:
    commas = b"," * (strict_json.MAX_PARTS + 1)
    body = commas + b'"' + piece * ((1024 * 1024 - len(commas) - 1) // len(piece))
    assert code_of(await site.post(OPEN, body)) == (413, "body-too-large")


@pytest.mark.parametrize(
    ("body", "code", "count"),
    [
        ("{" + ",".join(f'"{number}":1' for number in range(40_000)) + "}", "unknown-field", 40_001),
        ('{"text":"a","tags":[' + ",".join(["1"] * 40_000) + "]}", "invalid-field", 40_000),
    ],
)
async def test_of_very_many_errors_a_hundred_are_listed_and_all_are_counted(
    site: Site, body: str, code: str, count: int
) -> None:
    response = await site.post(OPEN, body)
    assert code_of(response) == (422, code)
    assert len(response.content) < 20_000
    assert len(response.json()["errors"]) == 100
    assert response.json()["detail"].endswith(f"(the first 100 of {count} errors are listed)")


async def test_a_hundred_errors_are_listed_without_a_word_on_their_number(site: Site) -> None:
    response = await site.post(OPEN, '{"text":"a","tags":[' + ",".join(["1"] * 100) + "]}")
    assert (len(response.json()["errors"]), "listed" in response.text) == (100, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": ""},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json, text/html"},
        {"content_encoding": "gzip"},
    ],
)
async def test_another_media_type_or_an_encoding_is_not_taken(site: Site, headers: dict[str, str]) -> None:
    assert code_of(await site.post(OPEN, '{"text":"a"}', **headers)) == (415, "unsupported-media-type")


async def test_json_with_a_charset_of_utf_8_is_taken(site: Site) -> None:
    response = await site.post(OPEN, '{"text":"é"}'.encode(), content_type='Application/JSON; charset="UTF-8"')
    assert response.json()["text"] == "é"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_EXACT, MAX_EXACT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters=[chr(c) for c in range(32) if c not in (9, 10, 13)])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('ab\n"\\é/'), inner),
    max_leaves=40,
)


@given(JSON_VALUES, st.booleans())
def test_proper_json_is_read_as_everybody_reads_it(value: Any, ascii_only: bool) -> None:
    assert strict_json.parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.integers(1, MAX_DEPTH * 3), st.booleans())
def test_depth_is_counted_exactly(depth: int, objects: bool) -> None:
    body = '{"a":' * depth + "1" + "}" * depth if objects else "[" * depth + "]" * depth
    if depth <= MAX_DEPTH:
        strict_json.parse(body.encode())
    else:
        with pytest.raises(Refused, match="malformed-json"):
            strict_json.parse(body.encode())


@given(st.binary(max_size=200) | st.text('{}[]":,\\u0d8ab 1eE+-.', max_size=40).map(str.encode))
def test_no_bytes_whatever_lead_to_another_failure_than_a_refusal(raw: bytes) -> None:
    try:
        expected = json.loads(raw)
    except ValueError:
        with pytest.raises(Refused, match="malformed-json"):
            strict_json.parse(raw)
    else:
        with contextlib.suppress(Refused):
            assert strict_json.parse(raw) == expected
