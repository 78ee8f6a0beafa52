"""Reporting verifies real logs: signed by real signers over real stores, grown, and tampered with."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.reporting.adapters.logs import policies_in
from services.reporting.consumer import TOPICS
from services.reporting.queries.trust import LogLine, logs
from services.reporting.verification import Rhythm, Verifier
from shared.log.port import Log
from shared.log.projector import Projector
from shared.log.relay import Relay
from shared.log.signer import Signer
from shared.log.views import Views
from shared.store.errors import StoreUnavailable
from shared.store.handling import Command, handle
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import Context, EventStore, Key
from shared.transparency.keys import LOG, SigningKey
from shared.transparency.policy import Party, Policy
from shared.transparency.policy_text import write_policy
from shared.transparency.tile_store import TileStore
from tests.domain.reporting.facts import registered

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Shop:
    """Two services with their stores, relays and signers, and the verifier that watches both."""

    stores: dict[str, EventStore]
    signers: dict[str, Signer]
    relays: list[Relay]
    tiles: Path
    views: Views
    projector: Projector
    log: Log
    policies: Path
    signing: list[asyncio.Task[None]]
    hands: list[datetime] = field(default_factory=lambda: [BEGIN])

    def clock(self) -> datetime:
        return self.hands[0]

    def later(self, span: timedelta) -> None:
        self.hands[0] += span

    def verifier(self, *, trusting: bool = False) -> Verifier:
        """A verifier as a process that has just begun has it."""
        sources = {service: TileStore(self.tiles / service) for service in self.stores}
        policy_of = policies_in(None if trusting else self.policies)
        return Verifier(self.stores["reporting"], self.views, sources, policy_of, self.clock, Rhythm())

    async def register(self, *systems: str) -> None:
        """Facts in the log of intake, signed, published and projected."""
        for system in systems:
            await handle(self.stores["intake"], _registering(system))
        await self.settled()

    async def settled(self) -> None:
        """Wait until all that is stored is signed, published and in the tables."""
        async with asyncio.timeout(30):
            for service, store in self.stores.items():
                await self.signers[service].caught_up((await store.head()).next_position)
            for relay in self.relays:
                store = self.stores[relay.name.split("/")[1]]
                await relay.caught_up((await store.head()).next_position - 1)
            await self.projector.caught_up(await self.log.reader().ends(TOPICS))

    async def stop_signing(self) -> None:
        """End the signers."""
        await _ended(self.signing)

    async def lines(self) -> dict[str, LogLine]:
        """What the pages show."""
        await self.settled()
        async with self.views.reading() as connection:
            return {line.service: line for line in await logs(connection, ["intake", "reporting"])}


def _registering(system: str) -> Command[None]:
    fact = registered(system)
    return Command(
        stream=f"system/{system}",
        partitionkey=system,
        fold=lambda past: None,
        decide=lambda state, now: [fact],
        context=Context(authtype="app_user", authid="p-1", correlationid=system),
        key=Key(scope="test", value=system, digest=sha256(system.encode()).digest()),
    )


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def shop(tmp_path: Path, log: Log, views: Views, projector: Projector) -> AsyncIterator[Shop]:
    stores: dict[str, EventStore] = {}
    signers: dict[str, Signer] = {}
    relays: list[Relay] = []
    parties: list[Party] = []
    for service in ("intake", "reporting"):
        url = f"sqlite:///{tmp_path / f'{service}.db'}"
        await upgrade(url, service)
        stores[service] = await open_store(url, service)
        key = SigningKey(stores[service].origin, LOG, sha256(service.encode()).digest())
        signers[service] = Signer(stores[service], log.writer(), TileStore(tmp_path / "tiles" / service), [key])
        relays.append(Relay(stores[service], log.writer()))
        parties.append(Party(key.verifier))
    policies = tmp_path / "witness"
    policies.mkdir()
    (policies / "auditor.policy").write_bytes(write_policy(Policy(tuple(parties))))
    signing = [asyncio.create_task(signer.run()) for signer in signers.values()]
    relaying = [asyncio.create_task(relay.run()) for relay in relays]
    yield Shop(stores, signers, relays, tmp_path / "tiles", views, projector, log, policies, signing)
    await _ended([*signing, *relaying])
    for store in stores.values():
        await store.close()


async def test_everything_is_verified_first_and_then_what_is_new(shop: Shop) -> None:
    await shop.register("a", "b", "c")
    verifier = shop.verifier()
    first = list(await verifier.verify())
    await shop.settled()
    first += await verifier.verify()  # reporting's own log, unless what was found of intake's was signed meanwhile
    assert [(one.service, one.size, one.whole, one.intact) for one in first] == [
        ("intake", 3, True, True),
        ("reporting", 1, True, True),
    ]
    await shop.settled()
    assert await verifier.verify() == []
    await shop.register("d", "e")
    shop.later(timedelta(minutes=1))
    second = await verifier.verify()
    assert [(one.service, one.size, one.whole, one.intact) for one in second] == [
        ("intake", 5, False, True),
        ("reporting", 2, False, True),
    ]
    line = (await shop.lines())["intake"]
    assert (line.intact, line.verified_size, line.size) == (True, 5, 5)
    assert (line.whole_at, line.verified_at) == (BEGIN, BEGIN + timedelta(minutes=1))


async def test_all_of_a_log_is_verified_again_every_day(shop: Shop) -> None:
    await shop.register("a")
    verifier = shop.verifier()
    await verifier.verify()
    shop.later(timedelta(hours=23, minutes=59))
    assert [one.whole for one in await verifier.verify() if one.service == "intake"] == []
    shop.later(timedelta(minutes=1))
    assert [one.whole for one in await verifier.verify() if one.service == "intake"] == [True]


async def test_two_verifiers_over_one_store_tell_each_head_once(shop: Shop) -> None:
    await shop.register("a")
    first, second = shop.verifier(), shop.verifier()

    async def told() -> list[tuple[str, int, bool, bool]]:
        found = []
        for each in (first, second):
            found += [(one.service, one.size, one.whole, one.intact) for one in await each.verify()]
            shop.later(timedelta(milliseconds=7))  # each looks by a clock of its own
        return [one for one in found if one[0] == "intake"]

    assert await told() == [("intake", 1, True, True)]
    await shop.register("b")
    assert await told() == [("intake", 2, False, True)]
    bundle = shop.tiles / "intake" / "tile" / "entries" / "000.p" / "2"
    intact = bundle.read_bytes()
    for _ in range(2):  # what fails, holds and fails again is three findings
        bundle.write_bytes(intact.replace(b'"name":"System b"', b'"name":"System x"'))
        shop.later(timedelta(days=1))
        assert await told() == [("intake", 2, True, False)]
        bundle.write_bytes(intact)
        shop.later(timedelta(minutes=10))
        assert await told() == [("intake", 2, True, True)]


async def test_verifying_does_not_feed_itself(shop: Shop) -> None:
    await shop.register("a")
    verifier = shop.verifier()
    for _ in range(6):
        await verifier.verify()
        await shop.settled()
        shop.later(timedelta(minutes=1))
    facts = (await shop.stores["reporting"].head()).next_position
    await verifier.verify()
    assert (await shop.stores["reporting"].head()).next_position == facts <= 2


async def test_a_changed_entry_is_found_and_the_page_stays_red_until_it_is_repaired(shop: Shop) -> None:
    await shop.register("a", "b", "c")
    verifier = shop.verifier()
    await verifier.verify()
    bundle = shop.tiles / "intake" / "tile" / "entries" / "000.p" / "3"
    intact = bundle.read_bytes()
    bundle.write_bytes(intact.replace(b'"name":"System b"', b'"name":"System x"'))
    shop.later(timedelta(days=1))
    found = [one for one in await verifier.verify() if one.service == "intake"]
    assert [(one.whole, one.intact, one.first_bad) for one in found] == [(True, False, 1)]
    line = (await shop.lines())["intake"]
    assert (line.intact, line.first_bad, line.failed_at) == (False, 1, BEGIN + timedelta(days=1))
    assert [one for one in await verifier.verify() if one.service == "intake"] == []
    bundle.write_bytes(intact)
    shop.later(timedelta(minutes=10))
    assert [one.intact for one in await verifier.verify() if one.service == "intake"] == [True]
    assert (await shop.lines())["intake"].intact is True


@pytest.mark.fault
async def test_what_the_store_did_not_take_is_told_at_the_next_look(shop: Shop, tmp_path: Path) -> None:
    await shop.register("a", "b", "c")
    verifier = shop.verifier()
    await _refused(verifier, tmp_path / "reporting.db")
    assert [one.intact for one in await verifier.verify() if one.service == "intake"] == [True]
    bundle = shop.tiles / "intake" / "tile" / "entries" / "000.p" / "3"
    bundle.write_bytes(bundle.read_bytes().replace(b'"name":"System b"', b'"name":"System x"'))
    shop.later(timedelta(days=1))
    await _refused(verifier, tmp_path / "reporting.db")
    found = [one for one in await verifier.verify() if one.service == "intake"]
    assert [(one.intact, one.first_bad) for one in found] == [(False, 1)]
    assert (await shop.lines())["intake"].intact is False


async def _refused(verifier: Verifier, store: Path) -> None:
    """A look whose finding can't be recorded, because another process holds reporting's store."""
    with closing(sqlite3.connect(store, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await verifier.verify()


async def test_a_log_signed_with_another_key_is_found_by_the_policy_alone(shop: Shop, log: Log) -> None:
    await shop.register("a", "b")
    forged = shop.policies / "auditor.policy"
    other = SigningKey(shop.stores["intake"].origin, LOG, b"x" * 32)
    forged.write_bytes(write_policy(Policy((Party(other.verifier),))))
    shop.hands[0] = BEGIN
    (found,) = [one for one in await shop.verifier().verify() if one.service == "intake"]
    assert not found.intact
    (trusting,) = [one for one in await shop.verifier(trusting=True).verify() if one.service == "intake"]
    assert trusting.intact


async def test_a_policy_file_that_cannot_be_read_is_said_and_held_against_no_log(shop: Shop) -> None:
    await shop.register("a", "b")
    stray = shop.policies / "a-stray.policy"
    stray.write_bytes(b"log nonsense\r\n")
    (shop.policies / "a-folder.policy").mkdir()
    verifier = shop.verifier()
    with capture_logs() as said:
        await verifier.verify()
        await shop.register("c")
        shop.later(timedelta(minutes=1))
        grown = [one for one in await verifier.verify() if one.service == "intake"]
    assert [(one.size, one.intact, one.reason) for one in grown] == [(3, True, "")]
    paths = [each["path"] for each in said if each["event"] == "a policy file can't be read and is not used"]
    assert paths == [str(shop.policies / "a-folder.policy"), str(stray)]


async def test_an_old_copy_of_the_tiles_is_a_rollback(shop: Shop, tmp_path: Path) -> None:
    import shutil

    await shop.register("a", "b")
    old = tmp_path / "old"
    shutil.copytree(shop.tiles / "intake", old)
    await shop.register("c")
    verifier = shop.verifier()
    await verifier.verify()
    await shop.stop_signing()  # nobody writes while the tiles are replaced
    shutil.rmtree(shop.tiles / "intake")
    shutil.copytree(old, shop.tiles / "intake")
    shop.later(timedelta(minutes=1))
    found = [one for one in await verifier.verify() if one.service == "intake"]
    assert [(one.intact, one.first_bad) for one in found] == [(False, 2)]
    begun_anew = [one for one in await shop.verifier().verify() if one.service == "intake"]
    assert [one.intact for one in begun_anew] == [False]
    assert "event log" in begun_anew[0].reason


async def test_an_audit_trail_that_holds_another_fact_than_the_log_is_found(shop: Shop) -> None:
    from sqlalchemy import update

    from services.reporting import tables

    await shop.register("a", "b", "c")
    wrong = update(tables.fact).where(tables.fact.c.position == 2).values(digest="0" * 64)
    await shop.views.transact(lambda connection: connection.execute(wrong))
    found = [one for one in await shop.verifier().verify() if one.service == "intake"]
    assert [(one.intact, one.first_bad) for one in found] == [(False, 2)]
