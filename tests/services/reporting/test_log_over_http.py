"""A service's log over HTTP, as c2sp.org/tlog-tiles lays it out and reliability B25 wants it answered."""

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest

from shared.runtime.log_api import log_router
from shared.store.handling import Command, handle
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import Context, EventStore, Key
from shared.transparency.failures import Absent
from shared.transparency.keys import LOG, SigningKey
from shared.transparency.log_writer import LogWriter
from shared.transparency.policy import Party, Policy
from shared.transparency.receipt import parse_receipt
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import verify_log
from tests.contracts.runtime.notes_site import code_of
from tests.domain.reporting.facts import registered
from tests.services.reporting.site import ReportingSite

Headers = Callable[..., dict[str, str]]
SIGNED = 260
"""Entries that a head covers: one full tile, one of width 4."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    url = f"sqlite:///{tmp_path / 'intake.db'}"
    await upgrade(url, "intake")
    store = await open_store(url, "intake")
    for number in range(SIGNED // 20):
        await handle(store, _registering(20 * number, 20 * number + 20))
    yield store
    await store.close()


@pytest.fixture
def tiles(tmp_path: Path) -> TileStore:
    return TileStore(tmp_path / "tiles" / "intake")


@pytest.fixture
def signing(store: EventStore) -> SigningKey:
    return SigningKey(store.origin, LOG, b"k" * 32)


@pytest.fixture
async def signed(store: EventStore, tiles: TileStore, signing: SigningKey) -> TileStore:
    writer = LogWriter(tiles, [signing])
    writer.append([event.body for event in await store.after(-1, SIGNED)])
    writer.close()
    return tiles


@pytest.fixture
def client(
    make_site: Callable[..., ReportingSite], store: EventStore, tiles: TileStore, token_of: Headers
) -> httpx2.AsyncClient:
    site = make_site("2026-03-01", routers=[log_router(store, tiles)])
    site.client.headers.update(token_of("auditors"))
    return site.client


def _registering(first: int, end: int) -> Command[None]:
    facts = [registered(f"s-{number}") for number in range(first, end)]
    return Command(
        stream=f"system/{first}",
        partitionkey=f"{first}",
        fold=lambda past: None,
        decide=lambda state, now: facts,
        context=Context(authtype="app_user", authid="p-1", correlationid="c"),
        key=Key(scope="test", value=f"{first}", digest=sha256(b"").digest()),
    )


class Fetched:
    """The log as a stranger fetches it, path by path."""

    def __init__(self, found: dict[str, bytes]) -> None:
        self._found = found

    def read(self, path: str) -> bytes:
        """As `TileSource.read`."""
        if path not in self._found:
            raise Absent(path)
        return self._found[path]


async def test_what_is_served_verifies(client: httpx2.AsyncClient, signed: TileStore, signing: SigningKey) -> None:
    paths = [
        "checkpoint",
        "vkey",
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    ]
    answers = {path: await client.get(f"/intake/v1/log/{path}") for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    source = Fetched({path: answer.content for path, answer in answers.items()})
    report = verify_log(source, Policy((Party(signing.verifier),)))
    assert (report.ok, report.size, report.checked) == (True, SIGNED, SIGNED)


async def test_tiles_may_be_kept_for_ever_and_heads_not_at_all(client: httpx2.AsyncClient, signed: TileStore) -> None:
    tile = await client.get("/intake/v1/log/tile/0/000")
    assert "immutable" in tile.headers["cache-control"]
    assert "private" in tile.headers["cache-control"]
    assert tile.headers["content-type"] == "application/octet-stream"
    head = await client.get("/intake/v1/log/checkpoint")
    assert "no-cache" in head.headers["cache-control"]
    assert head.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/1000",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/04",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/x000/000",
        "tile/0/%2e%2e/000",
        "tile/0/000.p/%00",
        "tile/0/",
        "tile/entries/",
    ],
)
async def test_a_malformed_path_is_refused(client: httpx2.AsyncClient, signed: TileStore, path: str) -> None:
    assert code_of(await client.get(f"/intake/v1/log/{path}")) == (400, "invalid-tile")


@pytest.mark.parametrize(
    "path", ["tile/0/002", "tile/0/001", "tile/0/001.p/5", "tile/1/000", "tile/2/000.p/1", "tile/entries/001.p/9"]
)
async def test_what_lies_beyond_the_signed_head_is_not_there(
    client: httpx2.AsyncClient, signed: TileStore, path: str
) -> None:
    assert code_of(await client.get(f"/intake/v1/log/{path}")) == (404, "not-found")


async def test_a_proof_convinces_who_holds_the_policy(
    client: httpx2.AsyncClient, signed: TileStore, store: EventStore, signing: SigningKey
) -> None:
    event = (await store.after(256, 1))[0]
    answer = await client.get(f"/intake/v1/log/proof/{event.id}")
    assert answer.status_code == 200
    receipt = parse_receipt(answer.content)
    assert receipt.index == 257
    verdict = receipt.check(event.body, Policy((Party(signing.verifier),)))
    assert verdict.head.checkpoint.size == SIGNED


async def test_a_proof_of_what_no_head_covers_yet_is_promised(
    client: httpx2.AsyncClient, signed: TileStore, store: EventStore
) -> None:
    await handle(store, _registering(1000, 1001))
    event = (await store.after(SIGNED - 1, 1))[0]
    answer = await client.get(f"/intake/v1/log/proof/{event.id}")
    assert (answer.status_code, answer.json()["position"]) == (202, SIGNED)
    assert answer.headers["retry-after"] == "1"


async def test_before_the_first_head_there_is_nothing_but_promises(
    client: httpx2.AsyncClient, store: EventStore
) -> None:
    assert code_of(await client.get("/intake/v1/log/checkpoint")) == (404, "not-found")
    assert code_of(await client.get("/intake/v1/log/tile/0/000")) == (404, "not-found")
    event = (await store.after(-1, 1))[0]
    assert (await client.get(f"/intake/v1/log/proof/{event.id}")).status_code == 202


async def test_no_fact_has_a_proof_by_a_made_up_id(client: httpx2.AsyncClient, signed: TileStore) -> None:
    for made_up in ("6a3ff9c4-94a4-5f0c-9a79-3c1c1f7a3a10", "nothing", "%27"):
        assert code_of(await client.get(f"/intake/v1/log/proof/{made_up}")) == (404, "not-found")


async def test_only_auditors_of_everything_read_a_log(
    client: httpx2.AsyncClient, signed: TileStore, token_of: Headers
) -> None:
    for path in ("checkpoint", "vkey", "tile/0/000", "proof/x"):
        answer = await client.get(f"/intake/v1/log/{path}", headers=token_of("cards"))
        assert code_of(answer) == (403, "forbidden")
        client.headers.pop("authorization", None)
        assert code_of(await client.get(f"/intake/v1/log/{path}")) == (401, "unauthenticated")
        client.headers.update(token_of("auditors"))
