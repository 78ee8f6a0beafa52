"""Every second the log is signed as far as it has grown; a history that was another is signed no more."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select

from shared.log.port import Log, checkpoints_topic
from shared.log.signer import Signer
from shared.log.witnessing import Witnessing
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StoreFrozen
from shared.store.tables import checkpoint
from shared.transparency import note
from shared.transparency.checkpoint import Head, open_checkpoint
from shared.transparency.failures import Forked, RolledBack
from shared.transparency.keys import LOG, WITNESS, SigningKey
from shared.transparency.log_writer import LogWriter
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import verify_log
from shared.transparency.witness import Witness
from shared.transparency.witness_client import Post
from shared.transparency.witness_protocol import Answer
from tests.contracts.log.conftest import Background
from tests.contracts.log.records import replayed
from tests.contracts.log.test_relay import fill
from tests.contracts.store.appends import one
from tests.contracts.store.conftest import Opener

TOPIC = checkpoints_topic("intake")
WITNESS_KEY = SigningKey("witness.example", WITNESS, b"w" * 32)


@dataclass
class Site:
    """A store with its tiles, its key and its witness."""

    store: EventStore
    log: Log
    folder: Path
    url: str = ""

    @property
    def tiles(self) -> TileStore:
        return TileStore(self.folder / "tiles")

    @property
    def key(self) -> SigningKey:
        return SigningKey(self.store.origin, LOG, b"k" * 32)

    @property
    def witness(self) -> Witness:
        return Witness(
            self.folder / "witness", WITNESS_KEY, {self.store.origin: [self.key.verifier]}, lambda: 1_772_000_000
        )

    def signer(self, post: Post | None = None) -> Signer:
        witnessing = Witnessing(post or self.witness.add_checkpoint, WITNESS_KEY.verifier)
        return Signer(self.store, self.log.writer(), self.tiles, [self.key], [witnessing])


@pytest.fixture
async def site(store: EventStore, sql_log: Log, tmp_path: Path) -> Site:
    await sql_log.ensure({TOPIC: 1})
    return Site(store, sql_log, tmp_path / "site")


def away(body: bytes) -> Answer:
    raise ConnectionError("away")


async def signed(signer: Signer, size: int) -> None:
    async with asyncio.timeout(30):
        await signer.caught_up(size)


async def ended(running: "asyncio.Task[None]") -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_log_is_signed_as_it_grows_and_everyone_can_verify_it(site: Site, background: Background) -> None:
    signer = site.signer()
    background(signer.run())
    for _ in range(2):
        await signed(signer, await fill(site.store, "a", 300) + 1)
    report = verify_log(site.tiles)
    assert (report.ok, report.size) == (True, 600)
    events = await site.store.after(-1, 1_000)
    assert [site.tiles.read("tile/entries/000")[2 : 2 + len(events[0].body)]] == [events[0].body]
    status = signer.status()
    assert (status.size, status.cosigned, status.leading, status.stopped) == (600, 1, True, None)


async def test_each_head_is_kept_beside_the_events_and_published_with_its_cosignature(
    site: Site, background: Background
) -> None:
    signer = site.signer()
    background(signer.run())
    sizes = []
    for _ in range(2):
        sizes.append(await fill(site.store, "a", 5) + 1)
        await signed(signer, sizes[-1])
    records = await replayed(site.log.reader(), TOPIC)
    heads = [open_checkpoint(each.value, [site.key.verifier], [WITNESS_KEY.verifier]) for each in records]
    assert [head.checkpoint.size for head in heads] == sizes
    assert all(head.opened.by(WITNESS_KEY.verifier) for head in heads)
    assert [record.position for record in records] == [size - 1 for size in sizes]
    async with site.store.database.reading() as connection:
        rows = (await connection.execute(select(checkpoint).order_by(checkpoint.c.size))).all()
    assert [(row.size, row.root) for row in rows] == [(h.checkpoint.size, h.checkpoint.root) for h in heads]


async def test_a_restarted_signer_goes_on_where_the_last_one_ended(site: Site, background: Background) -> None:
    first = site.signer()
    running = background(first.run())
    await signed(first, await fill(site.store, "a", 5) + 1)
    await ended(running)
    await fill(site.store, "a", 5)
    second = site.signer()
    background(second.run())
    await signed(second, 10)
    assert verify_log(site.tiles).size == 10


async def test_without_its_witness_it_signs_and_says_that_nobody_cosigned(site: Site, background: Background) -> None:
    signer = site.signer(away)
    background(signer.run())
    await signed(signer, await fill(site.store, "a", 5) + 1)
    assert (signer.status().size, signer.status().cosigned) == (5, 0)


@pytest.fixture
async def rolled_back(sql_log: Log, tmp_path: Path, background: Background) -> AsyncIterator[Callable[[str], Site]]:
    """A site on SQLite of which an old copy of the named part has been put back; it was signed up to 10 since."""
    await sql_log.ensure({TOPIC: 1})
    opener = Opener(f"sqlite:///{tmp_path / 'site' / 'events.db'}")
    site = Site(await opener(), sql_log, tmp_path / "site")
    for step in ("old", "new"):
        signer = site.signer()
        running = background(signer.run())
        await signed(signer, await fill(site.store, "a", 5) + 1)
        await ended(running)
        await opener.close()
        if step == "old":
            shutil.copytree(tmp_path / "site", tmp_path / "copy")
            site.store = await opener()
    restored: list[EventStore] = []

    async def restore(*parts: str) -> Site:
        for part in parts:
            target = tmp_path / "site" / part
            shutil.rmtree(target) if target.is_dir() else target.unlink()
            copy = tmp_path / "copy" / part
            shutil.copytree(copy, target) if copy.is_dir() else shutil.copy(copy, target)
        site.url = opener.url
        site.store = await open_store(site.url, "intake")
        restored.append(site.store)
        return site

    yield restore  # type: ignore[misc]
    for store in restored:
        await store.close()


@pytest.mark.fault
@pytest.mark.parametrize("parts", [("events.db",), ("events.db", "tiles")])
async def test_an_old_copy_put_back_is_noticed_and_neither_signed_nor_appended_to(
    parts: tuple[str, ...], rolled_back: Callable[..., "asyncio.Future[Site]"]
) -> None:
    site = await rolled_back(*parts)
    signer = site.signer()
    async with asyncio.timeout(30):
        with pytest.raises(RolledBack):
            await signer.run()
    assert signer.status().stopped
    other = await open_store(site.url, "intake")
    for store in (site.store, other):
        with pytest.raises(StoreFrozen, match="10"):
            await store.append(one("a", 4))
    await other.close()
    with pytest.raises(RolledBack):
        await signer.caught_up(99)


@pytest.mark.fault
async def test_an_old_copy_put_back_takes_nothing_before_the_witness_was_asked(
    rolled_back: Callable[..., "asyncio.Future[Site]"],
) -> None:
    site = await rolled_back("events.db", "tiles")
    late = asyncio.create_task(site.store.append(one("a", 4)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(late), 0.2)
    with pytest.raises(RolledBack):
        await site.signer().run()
    with pytest.raises(StoreFrozen):
        await late
    assert (await site.store.head()).next_position == 5


@pytest.mark.fault
async def test_a_frozen_store_is_not_signed_while_its_witness_is_silent_and_is_taken_up_again_when_it_vouches(
    site: Site, background: Background
) -> None:
    signer = site.signer()
    running = background(signer.run())
    await signed(signer, await fill(site.store, "a", 5) + 1)
    await ended(running)
    await site.store.guard.freeze("an operator mixed up two witnesses")
    silent = site.signer(away)
    async with asyncio.timeout(30):
        with pytest.raises(RolledBack, match="mixed up"):
            await silent.run()
    background(site.signer().run())
    async with asyncio.timeout(30):
        while (await site.store.guard.standing()).frozen is not None:  # noqa: ASYNC110 - the guard wakes nobody
            await asyncio.sleep(0.05)
    assert (await site.store.append(one("b", EMPTY))).position == 5


@pytest.mark.fault
async def test_a_witness_that_was_silent_is_asked_again_also_when_nothing_is_appended(
    site: Site, background: Background
) -> None:
    answering = asyncio.Event()

    def wakes_up(body: bytes) -> Answer:
        return site.witness.add_checkpoint(body) if answering.is_set() else away(body)

    signer = site.signer(wakes_up)
    background(signer.run())
    await signed(signer, await fill(site.store, "a", 5) + 1)
    standing = await site.store.guard.standing()
    assert (standing.witnessed, standing.frozen, "away" in (standing.silent or "")) == (True, None, True)
    assert site.witness.latest(site.store.origin) is None
    answering.set()
    async with asyncio.timeout(30):
        while signer.status().cosigned == 0:  # noqa: ASYNC110 - what it is told by is what is asked here
            await asyncio.sleep(0.05)
    assert (await site.store.guard.standing()).silent is None
    assert len(await replayed(site.log.reader(), TOPIC)) == 2, "published without, then with the cosignature"


@pytest.mark.fault
@pytest.mark.parametrize(("regrown", "raised"), [((), RolledBack), ("uvwxyz", Forked)])
async def test_a_store_that_loses_its_end_under_a_running_signer_is_noticed_also_when_it_grew_again(
    regrown: Sequence[str], raised: type[Exception], sql_log: Log, tmp_path: Path
) -> None:
    await sql_log.ensure({TOPIC: 1})
    opener = Opener(f"sqlite:///{tmp_path / 'site' / 'events.db'}")
    site = Site(await opener(), sql_log, tmp_path / "site")
    await fill(site.store, "a", 10)
    signer = Signer(site.store, site.log.writer(), site.tiles, [site.key])
    running = asyncio.create_task(signer.run())
    await signed(signer, 10)
    with sqlite3.connect(make_url(opener.url).database or "", isolation_level=None) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        for trigger in ("event_refuses_delete", "log_head_only_grows"):
            intruder.execute(f"DROP TRIGGER {trigger}")
        intruder.execute("DELETE FROM event WHERE pos >= 5")
        intruder.execute("UPDATE log_head SET next_position = 5")
        for position, stream in enumerate(regrown, start=5):
            body = f'{{"other":"{stream}"}}'.encode()
            values = (position, str(uuid4()), stream, 0, "x", stream, "2026-03-02T09:00:00.000000Z", body)
            intruder.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, sha256(b"\x00" + body).digest())
            )
            intruder.execute("UPDATE log_head SET next_position = ?", (position + 1,))
        intruder.execute("COMMIT")
    intruder.close()
    async with asyncio.timeout(30):
        with pytest.raises(raised):
            await running
    with pytest.raises(StoreFrozen):
        await site.store.append(one("b", EMPTY))
    await opener.close()


@pytest.mark.fault
async def test_control_without_any_witness_an_old_copy_of_everything_goes_unnoticed(
    rolled_back: Callable[..., "asyncio.Future[Site]"], background: Background
) -> None:
    site = await rolled_back("events.db", "tiles")
    signer = Signer(site.store, site.log.writer(), site.tiles, [site.key])
    background(signer.run())
    await signed(signer, 5)


@pytest.mark.fault
@pytest.mark.parametrize(
    "change", ["body = CAST(replace(CAST(body AS text), 'x', 'y') AS blob)", "leaf = zeroblob(32)"]
)
async def test_a_row_that_was_changed_before_it_was_signed_is_not_signed(
    change: str, sql_log: Log, tmp_path: Path
) -> None:
    await sql_log.ensure({TOPIC: 1})
    opener = Opener(f"sqlite:///{tmp_path / 'site' / 'events.db'}")
    site = Site(await opener(), sql_log, tmp_path / "site")
    await fill(site.store, "a", 5)
    intruder = sqlite3.connect(make_url(opener.url).database or "", isolation_level=None)
    intruder.execute("DROP TRIGGER event_refuses_update")
    intruder.execute(f"UPDATE event SET {change} WHERE pos = 3")
    intruder.close()
    async with asyncio.timeout(30):
        with pytest.raises(Forked, match="position 3"):
            await site.signer().run()
    await opener.close()


class ToldToEnd(Signer):
    """Is told to end when a head stands that no witness has seen yet."""

    running: "asyncio.Task[None]"

    async def _make_known(self, tree: LogWriter, head: Head) -> None:
        self.running.cancel()
        await asyncio.sleep(0)  # where a cancellation would strike
        await super()._make_known(tree, head)


async def test_told_to_end_it_leaves_no_head_that_its_witness_has_not_seen(site: Site) -> None:
    witnessing = Witnessing(site.witness.add_checkpoint, WITNESS_KEY.verifier)
    signer = ToldToEnd(site.store, site.log.writer(), site.tiles, [site.key], [witnessing])
    await fill(site.store, "a", 3)
    signer.running = asyncio.create_task(signer.run())
    async with asyncio.timeout(30):
        await asyncio.gather(signer.running, return_exceptions=True)
    signed_head = site.tiles.read("checkpoint")
    assert open_checkpoint(signed_head, [site.key.verifier]).checkpoint.size == 3
    assert note.opened(note.parse(signed_head), [WITNESS_KEY.verifier]).signed
