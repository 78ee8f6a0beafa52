"""Idempotency keys, versions and pages as HTTP sees them (table B rows 8, 9 and 24)."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from fastapi import APIRouter
from starlette.requests import Request

from shared.refusals import Refused
from shared.runtime.asking import IdempotencyKey, Signed, key_of
from shared.runtime.bodies import read_body
from shared.runtime.cursors import page_of
from shared.runtime.etags import etag
from shared.runtime.idempotency import digest_of, key_in
from tests.contracts.runtime.notes_site import Site, code_of

NOTES = "/notes/v1/notes"
Token = Callable[..., str]


async def add(site: Site, token: str, body: str = '{"text":"a","count":1}', **headers: str) -> dict[str, str]:
    response = await site.post(NOTES, body, authorization=f"Bearer {token}", **headers)
    assert response.status_code == 201, response.text
    found: dict[str, str] = response.json()
    return found


async def test_a_command_without_a_key_is_refused(site: Site, token_of: Token) -> None:
    response = await site.post(NOTES, '{"text":"a"}', authorization=f"Bearer {token_of()}")
    assert code_of(response) == (400, "idempotency-missing")


async def test_a_key_is_read_bare_or_quoted(site: Site, token_of: Token) -> None:
    token = token_of()
    keys = [await add(site, token, idempotency_key=key) for key in ("k-1", '"k-1"')]
    assert keys[0]["key"] == keys[1]["key"] == "k-1"


@pytest.mark.parametrize("header", ["x" * 256, "caf\u00e9", '"open', "a\tb", '"a\\x"'])
def test_a_key_that_is_long_or_strange_is_malformed(header: str) -> None:
    if header in ('"open', '"a\\x"'):
        assert key_in(header) == header  # no structured string, so it is taken bare, as most clients mean it
        return
    with pytest.raises(Refused, match="malformed-request"):
        key_in(header)


async def test_the_digest_is_of_what_was_asked_not_of_how_it_was_written(site: Site, token_of: Token) -> None:
    token = token_of()
    first = await add(site, token, '{"text":"a","count":1}', idempotency_key="k")
    same = await add(site, token, ' {"count": 1, "text": "\\u0061"}', idempotency_key="k")
    other = await add(site, token, '{"text":"a","count":2}', idempotency_key="k")
    assert first["digest"] == same["digest"] != other["digest"]
    assert digest_of("POST", "/a", {"x": 1}) != digest_of("POST", "/b", {"x": 1})


async def test_a_key_is_scoped_by_principal_and_route(site: Site, token_of: Token) -> None:
    ada = await add(site, token_of("ada"), idempotency_key="k")
    bob = await add(site, token_of("bob"), idempotency_key="k")
    assert ada["person"] != bob["person"]
    assert ada["scope"] == f"{ada['person']} POST /notes/v1/notes"
    assert ada["scope"] != bob["scope"]


async def test_the_envelope_learns_who_acts_and_in_which_request(site: Site, token_of: Token) -> None:
    person = await add(site, token_of("ada"), idempotency_key="k1")
    robot = await add(site, token_of("robot", client_id="robot"), idempotency_key="k2")
    assert person["authtype"] == "app_user"
    assert robot["authtype"] == "service_account"
    assert person["correlation"] != robot["correlation"]


async def test_an_endpoint_that_reads_its_own_body_says_what_was_asked(
    make_site: Callable[..., Site], token_of: Token
) -> None:
    routes = APIRouter()

    @routes.post("/batch")
    async def batch(request: Request, who: Signed) -> str:
        return key_of(request, who, await read_body(request, media_types=("application/x-ndjson",))).digest.hex()

    @routes.post("/bodiless")
    async def bodiless(request: Request, key: IdempotencyKey) -> str:
        return key.value

    site = make_site(routers=(routes,))
    named = {"authorization": f"Bearer {token_of()}", "content_type": "application/x-ndjson", "idempotency_key": "k"}
    first = await site.post("/batch", "{}\n{}\n", **named)
    assert first.json() == (await site.post("/batch", "{}\n{}\n", **named)).json()
    assert first.json() != (await site.post("/batch", "{}\n", **named)).json()
    assert code_of(await site.post("/bodiless", "{}", **named)) == (400, "malformed-request")
    assert (await site.post("/bodiless", "", **named)).json() == "k"


async def test_an_edit_names_the_version_that_was_read(site: Site) -> None:
    edit = f"{NOTES}/1"
    assert (await site.client.put(edit, headers={"If-Match": etag(7)})).json() == 7
    assert code_of(await site.client.put(edit)) == (428, "precondition-required")
    assert code_of(await site.client.put(edit, headers={"If-Match": "*"})) == (428, "precondition-required")
    for stale in ('W/"7"', "7", '"-1"', '"7", "8"', '"x"'):
        assert code_of(await site.client.put(edit, headers={"If-Match": stale})) == (412, "version-conflict")


async def test_a_cursor_goes_on_where_the_page_ended(site: Site) -> None:
    first = (await site.client.get(f"{NOTES}?tier=high&limit=2")).json()
    assert (first["limit"], first["after"]) == (2, None)
    more = (await site.client.get(f"{NOTES}?cursor={first['cursor']}&tier=high")).json()
    assert more["after"] == ["b", 2]


async def test_a_cursor_belongs_to_its_query(site: Site) -> None:
    cursor = (await site.client.get(f"{NOTES}?tier=high")).json()["cursor"]
    assert code_of(await site.client.get(f"{NOTES}?tier=low&cursor={cursor}")) == (422, "invalid-query")


@pytest.mark.parametrize("query", ["limit=501", "limit=0", "limit=-1", "limit=x", "limit=1e2", "limit=" + "9" * 5000])
async def test_a_page_has_one_to_five_hundred_entries(site: Site, query: str) -> None:
    assert code_of(await site.client.get(f"{NOTES}?{query}")) == (422, "invalid-query")


@pytest.mark.parametrize("cursor", ["", "x", "e30", "%00", quote("é"), "W10", "WyJhIiwgW11d", "a" * 3000])
async def test_a_bad_cursor_is_an_invalid_query(site: Site, cursor: str) -> None:
    assert code_of(await site.client.get(f"{NOTES}?cursor={cursor}")) == (422, "invalid-query")


@pytest.mark.parametrize(
    "last", [(), ("b",), ("b", "2"), (1, 2), ("b", 2, 3), ("b\0", 2), ("b", 2**70), ("b", -(2**70))]
)
async def test_a_cursor_that_no_page_ends_with_is_an_invalid_query(site: Site, last: tuple[str | int, ...]) -> None:
    made_up = page_of(NOTES, "", None, None).next(last)
    assert code_of(await site.client.get(f"{NOTES}?cursor={made_up}")) == (422, "invalid-query")


@pytest.mark.parametrize("control", ["%00", "%0A", "%0d", "%1f", "%7F", "%1B%5B2J"])
async def test_a_query_with_a_control_character_is_invalid(site: Site, control: str) -> None:
    answer = await site.client.get(f"{NOTES}?tier=a{control}b")
    assert (*code_of(answer), answer.json()["detail"]) == (422, "invalid-query", "the query holds a control character")
    assert (await site.client.get(f"{NOTES}?tier=a%20%C3%A9%2500")).status_code == 200


async def test_too_many_requests_of_one_principal_are_refused_and_told_until_when(
    make_site: Callable[..., Site], token_of: Token
) -> None:
    site = make_site(requests_per_minute=3)
    headers = {"Authorization": f"Bearer {token_of('ada')}"}
    answers = [await site.client.get("/notes/v1/me", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
    assert code_of(answers[3]) == (429, "rate-limited")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    other = {"Authorization": f"Bearer {token_of('bob')}"}
    assert (await site.client.get("/notes/v1/me", headers=other)).status_code == 200
