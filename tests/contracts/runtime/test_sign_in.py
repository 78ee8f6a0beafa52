"""The two ways in as a whole: the data folder's own key, and an issuer over HTTP."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry

from shared.refusals import Refused
from shared.runtime.app import create_app
from shared.runtime.entry import entry_router
from shared.runtime.key_files import KeyFileError, token_key, write_secret
from shared.runtime.minting import local_token
from shared.runtime.people import People
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.sign_in import SignIn, sign_in
from shared.store.database import Database
from tests.contracts.runtime.notes_site import no_lifespan, notes


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


def client_of(ways: SignIn, settings: Settings) -> httpx2.AsyncClient:
    routers = [notes()]
    if ways.links is not None and ways.sessions is not None:
        routers.append(entry_router(ways.links, ways.sessions))
    app = create_app(
        title="Notes",
        routers=routers,
        lifespan=no_lifespan,
        authenticator=ways.authenticator,
        settings=settings,
        readiness={} if ways.ready is None else {"issuer": ways.ready},
        registry=CollectorRegistry(),
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost")


async def test_a_new_folder_lets_its_operator_in_by_token_and_by_link_as_one_person(
    tmp_path: Path, database: Database, people: People, http: httpx2.AsyncClient
) -> None:
    settings = Settings(data=tmp_path)
    ways = sign_in(settings, people, ServiceKeys(database), http)
    token = local_token(settings, "operator")
    async with client_of(ways, settings) as client:
        by_token = (await client.get("/notes/v1/me", headers={"Authorization": f"Bearer {token}"})).json()
        assert ways.links is not None
        await client.get(f"/entry/{ways.links.issue('operator')}")
        assert (await client.get("/notes/v1/me")).json() == by_token
    assert (await people.cards([by_token]))[by_token].name == "Operator"
    assert (tmp_path / "keys" / "issuer.jwk").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("wrong", ["public", "P-384", "[]", "{}", "7", '{"kty": "EC", "crv": 7, "x": [], "d": 1}'])
def test_tokens_are_signed_by_a_private_key_or_not_at_all(tmp_path: Path, wrong: str) -> None:
    path, own = tmp_path / "issuer.jwk", token_key(tmp_path / "own.jwk")
    larger = ECKey.generate_key("P-384", auto_kid=True).as_dict(private=True)
    content = {"public": json.dumps(own.as_dict(private=False)), "P-384": json.dumps(larger)}.get(wrong, wrong)
    write_secret(path, content)
    with pytest.raises(KeyFileError, match="private"):
        token_key(path)


async def test_nobody_outside_of_the_people_file_gets_a_token(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="only operator"):
        local_token(Settings(data=tmp_path), "root")


async def test_whoever_left_the_people_file_holds_nothing_any_more(
    tmp_path: Path, database: Database, people: People, http: httpx2.AsyncClient
) -> None:
    settings = Settings(data=tmp_path)
    ways = sign_in(settings, people, ServiceKeys(database), http)
    headers = {"Authorization": f"Bearer {local_token(settings, 'operator')}"}
    async with client_of(ways, settings) as client:
        assert (await client.get("/notes/v1/units/A", headers=headers)).status_code == 200
        settings.path("people_file").write_text("people: []")
        assert (await client.get("/notes/v1/units/A", headers=headers)).status_code == 404


async def test_with_an_issuer_of_ones_own_there_is_no_other_way_in(
    tmp_path: Path, database: Database, people: People, http: httpx2.AsyncClient
) -> None:
    settings = Settings(data=tmp_path, oidc_issuer="http://127.0.0.1:9")
    ways = sign_in(settings, people, ServiceKeys(database), http)
    assert (ways.links, ways.sessions) == (None, None)
    token = local_token(Settings(data=tmp_path), "operator")
    async with client_of(ways, settings) as client:
        response = await client.get("/notes/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 503
        ready = await client.get("/readyz")
        assert ready.json()["errors"] == [{"detail": "issuer: the issuer of tokens can't be reached"}]
