"""Schemathesis over every operation of every service: nothing fails on our side, and every answer was declared.

The short form draws from one seed, so it sends the same in every run. `HOSTILE_FUZZ_SECONDS` makes it long: a
seed of the day's own that is printed, and drawing until the time is spent.
"""

import asyncio
import json
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from shared.runtime.serving import server
from tests.hostile.fuzz import Found, fuzz
from tests.hostile.site import Site, running

pytestmark = pytest.mark.slow
SEED = 20_260_302
SHORT = ("--max-examples", "12")
SECONDS = os.environ.get("HOSTILE_FUZZ_SECONDS")
PEOPLE = ("operator", "rita", "omar", "tess", "piet", "chair", "rev-security", "robot", "ray", "nobody")


@pytest.fixture(scope="module")
def drawn_at() -> Iterator[Site]:
    """A server of its own: some of what is drawn ends offices and takes intakes back."""
    with running() as found:
        yield found


def attack(site: Site, folder: Path) -> Found:
    told = {"ids": site.ids, "tokens": {who: site.token(who) for who in PEOPLE}}
    if SECONDS is None:
        return fuzz(site.url, folder, told, SEED, *SHORT)
    bounds = ("--max-time", SECONDS, "--max-examples", "200", "--phases", "coverage,fuzzing,stateful")
    return fuzz(site.url, folder, told, secrets.randbelow(2**31), *bounds)


@pytest.mark.timeout(600 + 2 * int(SECONDS or 0))
def test_nothing_fails_on_our_side_and_every_answer_was_declared(drawn_at: Site, tmp_path: Path) -> None:
    found = attack(drawn_at, tmp_path / "fuzz")
    assert found.failures == [], found.words
    assert found.errors == [], found.words
    assert {name for name, status in found.phases.items() if status == "success"} >= {"coverage", "fuzzing", "stateful"}
    assert found.sent > 2000
    assert max(_statuses(drawn_at)) < 500, "an answer of 500 or more is in the server's log"


def _statuses(site: Site) -> Iterator[int]:
    for line in site.place.log.split("\n")[:-1]:
        told = json.loads(line)
        if told["event"] == "request" and told["status"] is not None:  # none: the client went away
            yield told["status"]


@pytest.fixture
def planted() -> Iterator[str]:
    """A server of whose three endpoints one fails, one answers what it never declared, one is as it should be."""
    app = FastAPI()

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("planted")

    @app.get("/teapot")
    async def teapot() -> JSONResponse:
        return JSONResponse({}, 418)

    @app.get("/fine")
    async def fine() -> dict[str, str]:
        return {}

    serving = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(serving.main()))
    thread.start()
    while not serving.started:
        thread.join(0.01)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{serving.servers[0].sockets[0].getsockname()[1]}"
    serving.should_exit = True
    thread.join()


def test_what_fails_and_what_was_never_declared_is_found(planted: str, tmp_path: Path) -> None:
    found = fuzz(planted, tmp_path / "fuzz", {"ids": {}, "tokens": {"nobody": "none"}}, SEED, "--max-examples", "2")
    assert {"ST101 GET /fails", "ST103 GET /teapot"} <= set(found.failures), found.words
    assert not any("/fine" in failure for failure in found.failures)
