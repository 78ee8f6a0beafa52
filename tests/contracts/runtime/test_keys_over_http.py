"""The issuer's keys over real HTTP: discovery, rotation, unknown ids and outages."""

import asyncio
import gzip
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from shared.refusals import Refused
from shared.runtime.issuer import issuer_app
from shared.runtime.jwks import FAILED_EVERY, FORCED_EVERY, MAX_AGE, TIMEOUT, RemoteKeys
from shared.runtime.minting import mint
from shared.runtime.serving import server
from tests.contracts.runtime.notes_site import AUDIENCE, Site, code_of


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Counted:
    """An application that counts what it is asked."""

    def __init__(self, app: Any) -> None:
        self.app, self.asked = app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += scope["type"] == "http" and scope["path"] == "/jwks"
        await self.app(scope, receive, send)


def make_key() -> ECKey:
    return ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:
    """The application on a real socket."""
    running = server(app, "127.0.0.1", port)
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
        await asyncio.sleep(0.01)
    yield
    running.should_exit = True
    await task


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


async def test_a_rotated_key_is_found_at_once_and_made_up_ids_ask_the_issuer_only_now_and_then(
    port: int, http: httpx2.AsyncClient
) -> None:
    old, new, clock = make_key(), make_key(), Clock()
    published = [old]
    issuer = f"http://127.0.0.1:{port}"
    app = Counted(issuer_app(issuer, published))
    keys = RemoteKeys(issuer, http, clock)
    async with served(app, port):
        for _ in range(5):
            assert (await keys.find(str(old.kid))) is not None
        assert app.asked == 1
        published.append(new)
        assert (await keys.find(str(new.kid))) is not None
        assert app.asked == 2
        for number in range(50):
            assert await keys.find(f"made-up-{number}") is None
        assert app.asked == 2
        clock.now += FORCED_EVERY
        assert await keys.find("made-up") is None
        assert app.asked == 3


async def test_a_known_key_does_not_wait_while_the_issuer_is_asked_for_a_made_up_one(
    port: int, http: httpx2.AsyncClient
) -> None:
    key, issuer, asked, goes_on = make_key(), f"http://127.0.0.1:{port}", asyncio.Event(), asyncio.Event()
    goes_on.set()

    async def discovery(request: Any) -> JSONResponse:
        return JSONResponse({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"})

    async def jwks(request: Any) -> JSONResponse:
        asked.set()
        await goes_on.wait()
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    routes = [Route("/.well-known/openid-configuration", discovery), Route("/jwks", jwks)]
    async with served(Starlette(routes=routes), port):
        keys = RemoteKeys(issuer, http, time.monotonic)
        assert await keys.find(str(key.kid)) is not None
        asked.clear()
        goes_on.clear()
        made_up = asyncio.create_task(keys.find("made-up"))
        await asked.wait()
        async with asyncio.timeout(TIMEOUT / 2):
            assert await keys.find(str(key.kid)) is not None
        assert not made_up.done()
        goes_on.set()
        assert await made_up is None


async def test_a_withdrawn_key_ends_and_known_keys_survive_an_outage(port: int, http: httpx2.AsyncClient) -> None:
    old, new, clock = make_key(), make_key(), Clock()
    published = [old, new]
    issuer = f"http://127.0.0.1:{port}"
    keys = RemoteKeys(issuer, http, clock)
    async with served(issuer_app(issuer, published), port):
        assert await keys.find(str(old.kid)) is not None
        published.remove(old)
        clock.now += MAX_AGE
        assert await keys.find(str(old.kid)) is None
    clock.now += MAX_AGE
    assert await keys.find(str(new.kid)) is not None


async def test_without_any_keys_an_unreachable_issuer_is_unavailable_not_a_bad_token(
    make_site: Callable[..., Site], port: int, http: httpx2.AsyncClient
) -> None:
    key, issuer = make_key(), f"http://127.0.0.1:{port}"
    clock = Clock()
    site = make_site(keys=RemoteKeys(issuer, http, clock), issuer=issuer)
    token = mint(key, issuer=issuer, audience=AUDIENCE, subject="ada", seconds=60, now=time.time())
    headers = {"Authorization": f"Bearer {token}"}
    assert code_of(await site.client.get("/notes/v1/me", headers=headers)) == (503, "unavailable")
    async with served(issuer_app(issuer, [key]), port):
        # not asked again on every request of an outage, but soon
        assert code_of(await site.client.get("/notes/v1/me", headers=headers)) == (503, "unavailable")
        clock.now += FAILED_EVERY
        assert (await site.client.get("/notes/v1/me", headers=headers)).status_code == 200


@pytest.mark.parametrize("wrong", ["issuer", "redirect", "large", "not-json", "list"])
async def test_a_discovery_document_that_is_not_the_issuers_is_refused(
    port: int, http: httpx2.AsyncClient, wrong: str
) -> None:
    issuer = f"http://127.0.0.1:{port}"

    async def discovery(request: Any) -> Any:
        content = {
            "issuer": {"issuer": "https://evil.example", "jwks_uri": f"{issuer}/jwks"},
            "redirect": {},
            "large": {"issuer": issuer, "padding": "x" * 300_000},
            "not-json": float("inf"),
            "list": [issuer],
        }[wrong]
        if wrong == "redirect":
            return JSONResponse({}, status_code=302, headers={"Location": f"{issuer}/elsewhere"})
        return JSONResponse("x" if wrong == "not-json" else content)

    async with served(Starlette(routes=[Route("/.well-known/openid-configuration", discovery)]), port):
        with pytest.raises(Refused, match="unavailable"):
            await RemoteKeys(issuer, http, time.monotonic).find("any")


async def test_a_shared_secret_in_the_key_set_is_left_out(port: int, http: httpx2.AsyncClient) -> None:
    issuer, good, secret = f"http://127.0.0.1:{port}", make_key(), OctKey.generate_key(256, auto_kid=True)

    async def discovery(request: Any) -> JSONResponse:
        return JSONResponse({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"})

    async def jwks(request: Any) -> JSONResponse:
        broken = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "broken"}
        listed = [secret.as_dict(), broken, "nothing", {"kty": "EC"}, good.as_dict(private=True)]
        return JSONResponse({"keys": listed})

    app = Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/jwks", jwks)])
    async with served(app, port):
        keys = RemoteKeys(issuer, http, time.monotonic)
        found = await keys.find(str(good.kid))
        assert found is not None
        assert not found.is_private
        assert await keys.find(str(secret.kid)) is None
        assert await keys.find("broken") is None


async def test_the_issuers_own_process_publishes_its_key_and_mints_only_on_the_command_line(
    make_site: Callable[..., Site], tmp_path: Path, port: int, http: httpx2.AsyncClient
) -> None:
    command = [sys.executable, "-m", "shared.runtime.issuer"]
    key, issuer = ["--key", str(tmp_path / "issuer.jwk")], f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(*command, "serve", *key, "--port", str(port))
    try:
        await answering(http, f"{issuer}/jwks")
        assert "d" not in (await http.get(f"{issuer}/jwks")).json()["keys"][0]
        assert (await http.post(f"{issuer}/token", data={"sub": "root"})).status_code == 404
        asked = ["mint", *key, "--issuer", issuer, "--subject", "ada", "--group", "retail"]
        minting = await asyncio.create_subprocess_exec(*command, *asked, stdout=asyncio.subprocess.PIPE)
        token = (await minting.communicate())[0].decode().strip()
        site = make_site(keys=RemoteKeys(issuer, http, time.monotonic), issuer=issuer)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await site.client.get("/notes/v1/units/Retail", headers=headers)).json() == "Retail"
    finally:
        process.terminate()
        await process.wait()


async def answering(http: httpx2.AsyncClient, url: str) -> None:
    """Wait until that address answers."""
    async with asyncio.timeout(20):
        while True:
            try:
                await http.get(url)
            except httpx2.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_readiness_leaves_a_new_key_to_be_found_at_once(port: int, http: httpx2.AsyncClient) -> None:
    old, new, clock = make_key(), make_key(), Clock()
    published = [old]
    issuer = f"http://127.0.0.1:{port}"
    app = Counted(issuer_app(issuer, published))
    keys = RemoteKeys(issuer, http, clock)
    async with served(app, port):
        for _ in range(3):
            await keys.answers()
        assert app.asked == 1
        published.append(new)
        assert await keys.find(str(new.kid)) is not None


def publishing(issuer: str, key_set: Any, jwks_uri: Any = None) -> Starlette:
    """An issuer that publishes that, whatever it is."""

    async def discovery(request: Any) -> JSONResponse:
        return JSONResponse({"issuer": issuer, "jwks_uri": jwks_uri or f"{issuer}/jwks"})

    async def jwks(request: Any) -> Any:
        return key_set if isinstance(key_set, Response) else JSONResponse(key_set)

    return Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/jwks", jwks)])


@pytest.mark.parametrize("wrong", [{}, {"keys": None}, {"keys": 7}, {"keys": {"kty": "EC"}}], ids=repr)
async def test_what_is_no_set_of_keys_is_an_issuer_that_is_unavailable(
    port: int, http: httpx2.AsyncClient, wrong: Any
) -> None:
    issuer = f"http://127.0.0.1:{port}"
    async with served(publishing(issuer, wrong), port):
        with pytest.raises(Refused, match="unavailable"):
            await RemoteKeys(issuer, http, time.monotonic).find("any")


@pytest.mark.parametrize("uri", [7, "file:///etc/passwd", "http://[", "http://a:port/", "\n"], ids=repr)
async def test_an_address_of_keys_that_is_none_is_an_issuer_that_is_unavailable(
    port: int, http: httpx2.AsyncClient, uri: Any
) -> None:
    issuer = f"http://127.0.0.1:{port}"
    async with served(publishing(issuer, {}, uri), port):
        with pytest.raises(Refused, match="unavailable"):
            await RemoteKeys(issuer, http, time.monotonic).find("any")


async def test_keys_with_members_of_other_types_are_left_out(port: int, http: httpx2.AsyncClient) -> None:
    issuer, good = f"http://127.0.0.1:{port}", make_key()
    plain = good.as_dict(private=False)
    other: list[Any] = [7, None, [], {}, True, -1.5, "x"]
    broken = [
        {**plain, name: value, "kid": "broken"} for name in ("kty", "crv", "x", "y", "key_ops") for value in other
    ]
    broken += [{"kty": "RSA", "n": value, "e": value, "kid": "broken"} for value in other]
    broken += [{"kty": "OKP", "crv": value, "x": value, "kid": "broken"} for value in other]
    async with served(publishing(issuer, {"keys": [*broken, plain]}), port):
        keys = RemoteKeys(issuer, http, time.monotonic)
        assert await keys.find(str(good.kid)) is not None


async def test_an_issuer_that_answers_drop_by_drop_or_packed_is_unavailable(
    port: int, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.jwks.TIMEOUT", 0.5)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" "
            await asyncio.sleep(0.1)

    issuer = f"http://127.0.0.1:{port}"
    packed = Response(gzip.compress(json.dumps({"keys": []}).encode()), headers={"Content-Encoding": "gzip"})
    for answer in (StreamingResponse(drops()), packed):
        async with served(publishing(issuer, answer), port):
            async with asyncio.timeout(2):
                with pytest.raises(Refused, match="unavailable"):
                    await RemoteKeys(issuer, http, time.monotonic).find("any")
