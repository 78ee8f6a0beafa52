"""Which tokens open the door, and the attacks that don't (table B rows 10 to 13)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from shared.refusals import Refused
from shared.runtime.jwks import LocalKeys
from shared.runtime.minting import mint
from shared.runtime.people import People
from shared.runtime.tokens import KEPT_SECONDS, LEEWAY, TokenVerifier
from tests.contracts.runtime.notes_site import AUDIENCE, ISSUER, Site, code_of

ME = "/notes/v1/me"
Token = Callable[..., str]


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": now + 600, "iat": now, "groups": ["everyone"], **other}
    return {name: value for name, value in made.items() if value is not None}


def signed(key: Any, header: dict[str, Any] | None = None, algorithm: str = "ES256", **other: Any) -> str:
    named = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **(header or {})}
    named = {name: value for name, value in named.items() if value is not None}
    registry = jws.JWSRegistry(strict_check_header=False, algorithms=[algorithm])
    return jws.serialize_compact(named, json.dumps(claims(**other)).encode(), key, registry=registry)


def really_signed(key: ECKey, header: dict[str, Any]) -> str:
    """Any header whatever under a valid ES256 signature, which joserfc would not make."""
    content = f"{b64({'alg': 'ES256', 'typ': 'at+jwt', 'kid': key.kid, **header})}.{b64(claims())}"
    private = key.get_op_key("sign")
    r, s = decode_dss_signature(private.sign(content.encode(), ECDSA(SHA256())))
    return f"{content}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


async def ask(site: Site, token: str) -> tuple[int, str]:
    response = await site.client.get(ME, headers={"Authorization": f"Bearer {token}"})
    if response.status_code == 200:
        return 200, response.json()
    assert response.headers["www-authenticate"].startswith("Bearer")
    return code_of(response)


REFUSED = (401, "unauthenticated")


async def test_a_proper_access_token_opens_the_door_to_an_opaque_person(site: Site, key: ECKey) -> None:
    status, person = await ask(site, signed(key))
    assert status == 200
    assert len(person) == 36
    assert (await ask(site, signed(key, {"typ": "application/at+jwt"}, aud=["other", AUDIENCE])))[1] == person
    assert (await ask(site, signed(key, sub="bob")))[1] != person


async def test_without_a_token_there_is_no_principal_and_a_way_to_get_one_is_named(site: Site) -> None:
    assert (await site.client.get(ME)).json() is None
    response = await site.post("/notes/v1/notes", '{"text":"a"}', idempotency_key="k")
    assert code_of(response) == REFUSED
    assert response.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


async def test_no_algorithm_at_all_is_refused(site: Site, key: ECKey) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        header = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid}
        assert await ask(site, f"{b64(header)}.{b64(claims())}.") == REFUSED
        assert await ask(site, f"{b64(header)}.{b64(claims())}.{b64(b'x' * 64)}") == REFUSED


async def test_the_public_key_is_no_shared_secret(make_site: Callable[..., Site]) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    site = make_site(keys=LocalKeys(key))
    assert (await ask(site, signed(key, algorithm="RS256")))[0] == 200
    for public in (key.as_pem(private=False), key.as_der(private=False)):
        content = f"{b64({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key.kid})}.{b64(claims())}"
        mac = hmac.digest(public, content.encode(), hashlib.sha256)
        assert await ask(site, f"{content}.{b64(mac)}") == REFUSED


async def test_a_symmetric_key_never_verifies(make_site: Callable[..., Site]) -> None:
    key = OctKey.generate_key(256, auto_kid=True)
    assert await ask(make_site(keys=LocalKeys(key)), signed(key, algorithm="HS256")) == REFUSED


async def test_a_key_serves_only_its_own_algorithm(make_site: Callable[..., Site]) -> None:
    key = RSAKey.generate_key(2048, {"alg": "RS256"}, auto_kid=True)
    bare = RSAKey.import_key({k: v for k, v in key.as_dict(private=True).items() if k != "alg"})
    site = make_site(keys=LocalKeys(key))
    assert (await ask(site, signed(key, algorithm="RS256")))[0] == 200
    assert await ask(site, signed(bare, algorithm="PS256")) == REFUSED
    encrypting = RSAKey.generate_key(2048, {"use": "enc"}, auto_kid=True)
    unmarked = RSAKey.import_key({k: v for k, v in encrypting.as_dict(private=True).items() if k != "use"})
    assert await ask(make_site(keys=LocalKeys(encrypting)), signed(unmarked, algorithm="RS256")) == REFUSED


async def test_ed25519_is_taken(make_site: Callable[..., Site]) -> None:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    assert (await ask(make_site(keys=LocalKeys(key)), signed(key, algorithm="Ed25519")))[0] == 200


async def test_an_unknown_key_and_another_key_under_a_known_name_are_refused(site: Site, key: ECKey) -> None:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    assert await ask(site, signed(stranger)) == REFUSED
    assert await ask(site, signed(stranger, {"kid": key.kid})) == REFUSED
    assert await ask(site, signed(key, {"kid": None})) == REFUSED


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "crit", "b64"])
async def test_a_header_that_asks_to_be_trusted_is_refused(site: Site, key: ECKey, name: str) -> None:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    value = {
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert",
        "jwk": stranger.as_dict(private=False),
        "crit": ["exp"],
        "b64": True,
    }[name]
    assert (await ask(site, really_signed(key, {})))[0] == 200
    for signer in (key, stranger):
        assert await ask(site, really_signed(signer, {name: value})) == REFUSED


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": AUDIENCE + " "},
        {"aud": None},
        {"aud": {"gatehouse": 1}},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
async def test_claims_that_do_not_fit_are_refused(site: Site, key: ECKey, wrong: dict[str, Any]) -> None:
    assert await ask(site, signed(key, **wrong)) == REFUSED


@pytest.mark.parametrize(("claim", "seconds_from_now"), [("exp", -61), ("nbf", 300), ("iat", 300)])
async def test_a_token_out_of_its_time_is_refused(site: Site, key: ECKey, claim: str, seconds_from_now: int) -> None:
    assert await ask(site, signed(key, **{claim: int(time.time()) + seconds_from_now})) == REFUSED


async def test_clocks_may_differ_by_a_minute(site: Site, key: ECKey) -> None:
    now = int(time.time())
    assert (await ask(site, signed(key, exp=now - 30)))[0] == 200
    assert (await ask(site, signed(key, nbf=now + 30)))[0] == 200


@pytest.mark.parametrize("typ", ["JWT", "jwt", None, "id_token", 7, "session+jwt"])
async def test_an_id_token_or_a_session_is_no_access_token(site: Site, key: ECKey, typ: Any) -> None:
    assert await ask(site, really_signed(key, {"typ": typ})) == REFUSED


async def test_an_altered_token_is_refused(site: Site, key: ECKey) -> None:
    header, payload, signature = signed(key).split(".")
    other = b64(claims(sub="root"))
    for broken in (
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature}.x",
        "",
        "a.b.c",
        "é",
        "x" * 9000,
    ):
        response = await site.client.get(ME, headers={b"Authorization": f"Bearer {broken}".encode()})
        assert code_of(response) == REFUSED


async def test_claims_with_a_key_twice_are_refused(site: Site, key: ECKey) -> None:
    body = json.dumps(claims())[:-1] + ',"sub":"root"}'
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    assert await ask(site, jws.serialize_compact(header, body.encode(), key)) == REFUSED


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "bearer  ", "Token x", ""])
async def test_another_scheme_is_refused_rather_than_ignored(site: Site, header: str) -> None:
    assert code_of(await site.client.get(ME, headers={"Authorization": header})) == REFUSED


async def test_two_authorization_headers_are_refused(site: Site, key: ECKey) -> None:
    one = ("Authorization", f"Bearer {signed(key)}")
    assert code_of(await site.client.get(ME, headers=[one, one])) == REFUSED


async def test_headers_that_anybody_can_set_say_nothing_about_who_asks(site: Site, key: ECKey) -> None:
    forged = {
        "X-User": "root",
        "X-Forwarded-User": "root",
        "X-Forwarded-For": "127.0.0.1",
        "Forwarded": "for=127.0.0.1",
    }
    assert (await site.client.get(ME, headers=forged)).json() is None
    plain = (await ask(site, signed(key)))[1]
    response = await site.client.get(ME, headers={**forged, "Authorization": f"Bearer {signed(key)}"})
    assert response.json() == plain


async def test_a_role_that_lacks_is_forbidden_and_a_foreign_scope_is_not_there(site: Site, token_of: Token) -> None:
    async def unit(name: str, *groups: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token_of('ada', *groups)}"}
        response = await site.client.get(f"/notes/v1/units/{name}", headers=headers)
        return (200, response.json()) if response.status_code == 200 else code_of(response)

    assert await unit("Retail", "retail") == (200, "Retail")
    assert await unit("Finance", "everyone") == (200, "Finance")
    assert await unit("Finance", "retail") == (404, "not-found")
    assert await unit("Finance", "auditors") == (403, "forbidden")
    assert await unit("Finance", "unknown-group") == (404, "not-found")


async def test_an_actor_for_somebody_else_is_named_beside_them(site: Site, token_of: Token) -> None:
    ada = await ask(site, token_of("ada"))
    robot = await ask(site, token_of("robot"))
    assert await ask(site, token_of("ada", act={"sub": "robot"})) == robot != ada


async def test_who_was_named_by_address_is_who_signs_in_with_it_verified(
    site: Site, token_of: Token, people: People
) -> None:
    named = (200, await people.addressed("ada@example.org"))
    assert await ask(site, token_of("mallory", email="ada@example.org")) != named
    assert await ask(site, token_of("mallory", email="ada@example.org", email_verified="true")) != named
    assert await ask(site, token_of("ada", email="ada@example.org", email_verified=True)) == named
    assert await ask(site, token_of("heir", email="ada@example.org", email_verified=True)) != named
    assert await ask(site, token_of("ada")) == named


async def test_a_token_that_was_verified_before_still_ends_and_so_does_a_withdrawn_key(key: ECKey) -> None:
    now, source = time.time(), LocalKeys(key)
    verifier = TokenVerifier(ISSUER, AUDIENCE, source, lambda: now)
    short, long = signed(key, exp=int(now) + 30), signed(key, exp=int(now) + 86_400)
    assert (await verifier.claims(short))["sub"] == (await verifier.claims(long))["sub"] == "ada"
    now += 30 + LEEWAY
    with pytest.raises(Refused, match="has expired"):
        await verifier.claims(short)
    source._keys.clear()
    assert (await verifier.claims(long))["sub"] == "ada"
    now += KEPT_SECONDS
    with pytest.raises(Refused, match="key is not known"):
        await verifier.claims(long)


async def test_a_minted_token_ends_when_it_says(make_site: Callable[..., Site], key: ECKey) -> None:
    site = make_site()
    old = mint(key, issuer=ISSUER, audience=AUDIENCE, subject="ada", seconds=60, now=time.time() - 121)
    assert await ask(site, old) == REFUSED
