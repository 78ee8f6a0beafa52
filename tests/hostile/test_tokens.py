"""Rows 10 and 11: no route of any service opens to a token that is not exactly an access token of the issuer."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.runtime.tokens import LEEWAY
from tests.hostile.forged import Forger
from tests.hostile.routes import Attack, Route, routes
from tests.hostile.site import Site

URL = "https://attacker.example/keys"


@pytest.fixture(scope="module")
def forger(site: Site) -> Forger:
    return Forger(site.settings, "operator")


def _ask(site: Site, route: Route, token: str | None) -> Any:
    headers = {"If-Match": '"0"', "Idempotency-Key": "forged"}
    headers |= {"content-type": "application/json"} if route.takes_json else {}
    headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"json": route.body} if route.takes_json else {}
    return site.client.request(route.method, route.at(site.ids), headers=headers, **body)


def test_the_same_token_made_properly_opens_the_door(site: Site, forger: Forger) -> None:
    answer = site.client.get("/reporting/v1/verification", headers={"Authorization": f"Bearer {forger.signed()}"})
    assert answer.status_code == 200


def test_no_route_opens_without_a_token(site: Site) -> None:
    attack = Attack(site, "forged")
    for route in routes(site):
        if route.is_signed:
            attack.judge(route.name, _ask(site, route, None))
    attack.succeeded(60)


FORGED: Mapping[str, Callable[[Forger], list[str]]] = {
    "none": lambda forger: [forger.unsigned(name) for name in ("none", "None", "NONE", "")],
    "hs256": lambda forger: [forger.by_public_key(*one) for one in forger.public_keys],
    "kid": lambda forger: [
        forger.signed({"kid": "unknown"}),
        forger.signed({"kid": None}),
        forger.signed(key=forger.stranger),
        forger.signed({"kid": forger.stranger.kid}, forger.stranger),
    ],
    "jku": lambda forger: [forger.signed({"jku": URL}), forger.signed({"jku": URL}, forger.stranger)],
    "x5u": lambda forger: [forger.signed({"x5u": URL}), forger.signed({"x5u": URL}, forger.stranger)],
    "jwk": lambda forger: [forger.signed({"jwk": forger.jwk()}), forger.signed({"jwk": forger.jwk()}, forger.stranger)],
    "crit": lambda forger: [forger.signed({"crit": ["exp"]}), forger.signed({"crit": ["b64"], "b64": False})],
}


@pytest.mark.parametrize("kind", FORGED)
def test_no_route_opens_to_a_forged_token(site: Site, forger: Forger, kind: str) -> None:
    attack = Attack(site, "forged")
    first, *others = FORGED[kind](forger)
    for route in routes(site):
        if route.is_signed:
            attack.judge(route.name, _ask(site, route, first))
    for token in others:
        attack.judge(kind, site.client.get("/intake/v1/form", headers={"Authorization": f"Bearer {token}"}))
    attack.succeeded(60)


NOW = time.time


@pytest.mark.parametrize(
    "claims",
    [
        lambda: {"exp": NOW() - LEEWAY - 5},
        lambda: {"nbf": NOW() + LEEWAY + 30},
        lambda: {"iat": NOW() + LEEWAY + 30},
        lambda: {"iss": "urn:gatehouse:other"},
        lambda: {"iss": None},
        lambda: {"aud": "another"},
        lambda: {"aud": ["another", "third"]},
        lambda: {"aud": None},
        lambda: {"exp": None},
        lambda: {"exp": "never"},
        lambda: {"sub": None},
    ],
    ids=["expired", "early", "issued-ahead", "issuer", "no-issuer", "audience", "audiences", "no-audience", "no-exp",
         "exp-text", "no-subject"],
)  # fmt: skip
def test_no_service_opens_to_a_token_out_of_its_time_or_place(
    site: Site, forger: Forger, claims: Callable[[], dict[str, Any]]
) -> None:
    attack = Attack(site, "untimely")
    token = forger.signed(**claims())
    for path in _OF_EVERY_SERVICE:
        attack.judge(path, site.client.get(path, headers={"Authorization": f"Bearer {token}"}))
    attack.succeeded(4)


@pytest.mark.parametrize("typ", ["JWT", "id_token", "id+jwt", "session+jwt", None])
def test_an_id_token_or_a_session_is_no_access_token(site: Site, forger: Forger, typ: str | None) -> None:
    attack = Attack(site, "untimely")
    for path in _OF_EVERY_SERVICE:
        token = forger.signed({"typ": typ}, nonce="n")
        attack.judge(path, site.client.get(path, headers={"Authorization": f"Bearer {token}"}))
    attack.succeeded(4)


@pytest.mark.parametrize(
    "header", ["Basic b3BlcmF0b3I6", "Bearer", "Bearer ghk_0000000000000000_" + "a" * 43, "Bearer a.b.c"]
)
def test_another_scheme_or_an_unknown_service_key_opens_nothing(site: Site, header: str) -> None:
    attack = Attack(site, "forged")
    for path in _OF_EVERY_SERVICE:
        attack.judge(path, site.client.get(path, headers={"Authorization": header}))
    attack.succeeded(4)


_OF_EVERY_SERVICE = (
    "/intake/v1/systems",
    "/review/v1/reviews",
    "/monitoring/v1/log/checkpoint",
    "/reporting/v1/kpis",
)
