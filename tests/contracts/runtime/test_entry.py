"""A browser's way in: the link that works once, the cookie, and requests from other sites."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter
from joserfc.jwk import ECKey

from shared.runtime.asking import Signed
from shared.runtime.entry import LINK_SECONDS, SESSION_COOKIE, OneTimeLinks, Sessions
from shared.runtime.minting import mint
from shared.runtime.people_file import PeopleFile
from tests.contracts.runtime.notes_site import AUDIENCE, ISSUER, Site, code_of


@pytest.fixture
def browsed(make_site: Callable[..., Site]) -> Site:
    routes = APIRouter()

    @routes.post("/change")
    async def change(who: Signed) -> str:
        return who.person

    @routes.get("/read")
    async def read(who: Signed) -> str:
        return who.person

    return make_site(routers=(routes,))


async def enter(site: Site) -> httpx2.Response:
    return await site.client.get(f"/entry/{site.links.issue('operator')}")


async def test_a_link_opens_a_session_and_leads_home(browsed: Site) -> None:
    response = await enter(browsed)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await browsed.client.get("/read")).status_code == 200


async def test_a_link_works_once(browsed: Site) -> None:
    secret = browsed.links.issue("operator")
    assert (await browsed.client.get(f"/entry/{secret}")).status_code == 303
    assert code_of(await browsed.client.get(f"/entry/{secret}")) == (401, "unauthenticated")
    used = await browsed.client.get(f"/entry/{secret}", headers={"Accept": "text/html"})
    assert (used.status_code, used.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "401 unauthenticated" in used.text
    assert "this link was used" in used.text
    assert code_of(await browsed.client.get("/entry/guessed")) == (401, "unauthenticated")
    assert code_of(await browsed.client.get("/entry/%C3%A9")) == (401, "unauthenticated")


async def test_a_link_grows_old() -> None:
    now = 0.0
    links = OneTimeLinks(lambda: now)
    secret = links.issue("operator")
    now = LINK_SECONDS + 1
    with pytest.raises(Exception, match="unauthenticated"):
        links.redeem(secret)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://gatehouse.test"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://gatehouse.test"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://gatehouse.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_a_session_changes_things_only_from_our_own_pages(
    browsed: Site, headers: dict[str, str], status: int
) -> None:
    await enter(browsed)
    response = await browsed.client.post("/change", headers=headers)
    assert response.status_code == status
    if status == 403:
        assert code_of(response) == (403, "forbidden")
    assert (await browsed.client.get("/read", headers=headers)).status_code == 200


async def test_a_token_needs_no_origin(browsed: Site, token_of: Callable[..., str]) -> None:
    response = await browsed.client.post("/change", headers={"Authorization": f"Bearer {token_of()}"})
    assert response.status_code == 200


async def test_a_forged_old_or_foreign_cookie_is_refused(
    browsed: Site, key: ECKey, token_of: Callable[..., str]
) -> None:
    now = time.time()
    common: dict[str, Any] = {"issuer": ISSUER, "subject": "operator", "seconds": 60}
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    for cookie in (
        "x",
        token_of(),
        mint(key, audience="gatehouse-session", now=now - 200, typ="session+jwt", **common),
        mint(key, audience=AUDIENCE, now=now, typ="session+jwt", **common),
        mint(stranger, audience="gatehouse-session", now=now, typ="session+jwt", **common),
    ):
        response = await browsed.client.get("/read", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
        assert code_of(response) == (401, "unauthenticated")


async def test_leaving_ends_the_session(browsed: Site) -> None:
    await enter(browsed)
    await browsed.client.post("/entry/leave", headers={"Sec-Fetch-Site": "same-origin"})
    assert code_of(await browsed.client.get("/read")) == (401, "unauthenticated")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {}])
async def test_another_site_ends_nobodys_session(browsed: Site, headers: dict[str, str]) -> None:
    await enter(browsed)
    response = await browsed.client.post("/entry/leave", headers=headers)
    assert code_of(response) == (403, "forbidden")
    assert "set-cookie" not in response.headers
    assert (await browsed.client.get("/read")).status_code == 200


async def test_a_session_outlives_a_restart(make_site: Callable[..., Site], browsed: Site) -> None:
    cookie = (await enter(browsed)).cookies[SESSION_COOKIE]
    response = await make_site().client.get("/notes/v1/me", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    assert response.json() is not None


def test_behind_https_the_cookie_is_secure(key: ECKey) -> None:
    from starlette.responses import Response

    response = Response()
    Sessions(key, ISSUER, 1, time.time, secure=True).begin(response, "operator")
    assert "Secure" in response.headers["set-cookie"]


def test_a_new_folder_begins_with_an_operator_who_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    people = PeopleFile(path)
    (operator,) = people.people().values()
    assert operator.subject == "operator"
    assert [grant.role for grant in operator.grants] == ["administrator", "requester"]
    assert path.stat().st_mode & 0o777 == 0o600
