"""Verifying a folder: it is left as it was found, and nothing that was not looked at is called verified."""

import asyncio
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from services.bench.loading import TOLD, Portfolio, followed, relayed, service_of, signed, site
from services.verifying.derived import GONE, STALE, derived_in_folder, projections
from services.verifying.derived_served import OTHER, derived_on_server
from services.verifying.files import opened
from services.verifying.places import data_folder, exported
from services.verifying.verdict import NOT_SERVED, Memory, examined, in_words, verdict
from shared.runtime.settings import SERVICES
from shared.transparency.keys import read_verifier
from shared.transparency.policy import Party, Policy
from shared.transparency.policy_text import write_policy
from shared.transparency.tile_store import TileStore
from tests.journey.places import commanded
from tests.services.embedded.test_complaints import complained

EVENTS = 88
LARGE = 9000
"""So many rows that their write-ahead log was begun anew several times."""
WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE event (pos INTEGER PRIMARY KEY, body BLOB)")
print("begun", flush=True)
pos = 0
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO event VALUES (?, ?)", [(pos + n, bytes(3000)) for n in range(3)])
    connection.execute("COMMIT")
    pos += 3
    time.sleep(0.001)  # what a disk takes at least: the folder may lie in memory
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with facts in two services, signed, published and folded; nobody is at work on it."""
    folder = tmp_path_factory.mktemp("recorded") / "data"
    asyncio.run(_record(folder))
    return folder


async def _record(folder: Path) -> None:
    portfolio = Portfolio(EVENTS)
    async with site(folder, portfolio.world) as process:
        await portfolio.grow(process, EVENTS)
    async with site(folder) as process:
        for name in TOLD:
            await relayed(process, service_of(process, name))
            await signed(process, service_of(process, name))
        for name in SERVICES:
            await followed(process, service_of(process, name))


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "data"))


def answered(folder: Path) -> dict[str, Any]:
    compared = asyncio.run(derived_in_folder(folder))
    return verdict(examined(data_folder(folder), None, Memory()), *compared)


def held(folder: Path) -> dict[Path, tuple[str, int]]:
    """Every file with its bytes' digest and when it was changed."""
    return {
        path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_at_rest_is_left_as_it_was_found(folder: Path) -> None:
    before = held(folder)
    answer = answered(folder)
    assert (answer["verified"], answer["projections"], answer["left_out"]) == (True, "same", {})
    assert held(folder) == before


def test_what_stands_in_the_log_beside_a_store_is_read_and_nothing_is_written(folder: Path) -> None:
    store = folder / "intake" / "events.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as server:
        server.execute("PRAGMA wal_autocheckpoint = 0")
        for statement in (
            "CREATE TABLE last AS SELECT * FROM event ORDER BY pos DESC LIMIT 1",
            "UPDATE last SET pos = pos + 1, event_id = event_id || '+', ver = ver + 1",
            "INSERT INTO event SELECT * FROM last",
        ):
            server.execute(statement)
        before = held(folder)
        answer = answered(folder)
        assert (answer["verified"], answer["services"]["intake"]["uncovered"]) == (True, 1)
        assert held(folder) == before


def test_a_store_that_is_written_to_is_read_as_of_one_moment(tmp_path: Path) -> None:
    store = tmp_path / "events.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(store)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        try:
            sizes = [_whole(store)]
            while sizes[-1] < LARGE:
                sizes.append(_whole(store))
        finally:
            writer.kill()
    assert sizes == sorted(sizes)


def _whole(store: Path) -> int:
    with opened(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        count, last = connection.execute("SELECT count(*), coalesce(max(pos), -1) FROM event").fetchone()
    assert (count, count % 3) == (last + 1, 0)
    return int(count)


def test_tables_that_another_version_derived_are_not_called_the_same(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "reporting" / "views.db")) as views, views:
        views.execute("UPDATE view_control SET definition = 'another'")
    answer = answered(folder)
    assert (answer["projections"], answer["left_out"]) == (NOT_SERVED, {"reporting": STALE})
    assert f"reporting  derived tables not compared: {STALE}" in in_words(answer)


def test_tables_that_were_taken_away_are_not_called_the_same(folder: Path) -> None:
    (folder / "review" / "views.db").unlink()
    answer = answered(folder)
    assert (answer["projections"], answer["left_out"]) == (NOT_SERVED, {"review": GONE})


def test_changed_tables_differ_whatever_is_not_compared_beside_them(folder: Path) -> None:
    (folder / "intake" / "views.db").unlink()
    for slot in (folder / "reporting").glob("views.view_*.db"):
        with closing(sqlite3.connect(slot)) as views, views:
            if views.execute("SELECT 1 FROM sqlite_master WHERE name = 'fact'").fetchone():
                views.execute("DELETE FROM fact WHERE position = 1")
    answer = answered(folder)
    assert (answer["verified"], answer["projections"], answer["left_out"]) == (False, "differ", {"intake": GONE})


@pytest.mark.parametrize("another", [True, False])
def test_a_server_of_another_build_is_not_compared(folder: Path, another: bool) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        _, service, _, kind, *rest = request.url.path.split("/")
        if kind == "derived":
            return httpx2.Response(200, json=_standing(folder, service, another=another))
        path = folder.joinpath("tiles", service, *rest)
        return httpx2.Response(200, content=path.read_bytes()) if path.is_file() else httpx2.Response(404)

    with httpx2.Client(base_url="http://server", transport=httpx2.MockTransport(answer)) as client:
        compared = asyncio.run(derived_on_server(client))
    left_out = dict.fromkeys(SERVICES, OTHER) if another else {}
    assert compared == (NOT_SERVED if another else "differ", left_out)


def _standing(folder: Path, service: str, *, another: bool) -> dict[str, Any]:
    """What a server says of tables that are not what the facts give."""
    projection = next(found for name, found in projections().items() if name == service)
    told = [name for name in SERVICES if any(topic.split(".")[1:] == [name, "v1"] for topic in projection.topics)]
    return {
        "definition": "another" if another else projection.definition,
        "facts": sum(TileStore(folder / "tiles" / name).size() for name in told),
        "missing": 0,
        "tables": {},
    }


@contextmanager
def _empty_server() -> Iterator[str]:
    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_shows_no_log_is_not_verified() -> None:
    with _empty_server() as url:
        assert f"{url} shows no log" in complained(3, "verify", url)


def test_a_folder_without_a_log_is_not_verified(tmp_path: Path) -> None:
    assert "holds no exported log" in complained(3, "verify", str(tmp_path))


def test_a_head_without_a_byte_is_no_log_that_nobody_began(folder: Path) -> None:
    export = folder / "tiles"
    (export / "review" / "checkpoint").write_bytes(b"")
    first = commanded("verify", str(export), code=1)["first_bad"]
    assert first["service"] == "review"


def test_a_log_that_the_policy_names_is_missed_where_it_is_remembered_and_else_said_to_be_absent(
    folder: Path, tmp_path: Path
) -> None:
    export, witness, policy = folder / "tiles", tmp_path / "witness", tmp_path / "our.policy"
    keys = [read_verifier((export / name / "vkey").read_text().splitlines()[0]) for name in TOLD]
    policy.write_bytes(write_policy(Policy(tuple(Party(key) for key in keys))))
    witness.mkdir()
    shutil.copyfile(export / "review" / "checkpoint", witness / "review.checkpoint")
    control = commanded("verify", str(export), "--policy", str(policy), "--witness", str(witness))
    assert (control["verified"], control["absent"]) == (True, ["monitoring", "reporting"])
    shutil.rmtree(export / "review")
    believed = Policy(tuple(Party(key) for key in keys))
    alone = verdict(examined(exported(export), believed, Memory()), NOT_SERVED)
    assert (alone["verified"], alone["absent"]) == (True, ["review", "monitoring", "reporting"])
    assert "review     no log here: nothing is recorded yet, or it was hidden" in in_words(
        json.loads(json.dumps(alone))
    )
    missed = commanded("verify", str(export), "--policy", str(policy), "--witness", str(witness), code=1)
    assert (missed["first_bad"]["service"], missed["absent"]) == ("review", ["monitoring", "reporting"])
