"""The directory of people, sealed text and forgetting, on SQLite and PostgreSQL (DESIGN 12)."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.events.fact import Sealed
from shared.refusals import Refused
from shared.runtime.entropy import LiveEntropy, SeededEntropy
from shared.runtime.key_files import Keyring, Undecipherable, keyring
from shared.runtime.people import People
from shared.runtime.tables import METADATA, address, person
from shared.store.database import Database
from shared.store.open import open_database

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EVENT = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
TEXT = "Ada's own words: naïve, \U0001f600"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = (
        f"sqlite:///{tmp_path / 'people.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    database = open_database(url)
    await database.transact(METADATA.create_all)
    yield database
    await database.close()


@pytest.fixture
def master(tmp_path: Path) -> Keyring:
    return keyring(tmp_path / "master.key", LiveEntropy())


@pytest.fixture
def directory(either: Database, master: Keyring) -> People:
    return People(either, master, LiveEntropy())


async def rows(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        return [dict(row) for row in (await connection.execute(select(person))).mappings()]


async def test_an_identity_has_one_opaque_id_for_ever(directory: People) -> None:
    ada = await directory.person_of("https://a", "1", "Ada", "ada@example.org")
    assert UUID(ada).version == 4
    assert await directory.person_of("https://a", "1") == ada
    assert await directory.person_of("https://b", "1") != ada
    assert (await directory.cards([ada, "nobody"]))[ada].name == "Ada"


async def test_many_who_come_at_once_are_one(directory: People, either: Database) -> None:
    found = await asyncio.gather(*(directory.person_of("https://a", "1") for _ in range(20)))
    assert len(set(found)) == 1
    assert len(await rows(either)) == 1


async def test_a_new_name_is_taken_and_none_takes_nothing_away(directory: People) -> None:
    ada = await directory.person_of("https://a", "1", "Ada", "ada@example.org")
    await directory.person_of("https://a", "1", "Ada L.")
    card = (await directory.cards([ada]))[ada]
    assert (card.name, card.email, card.forgotten) == ("Ada L.", "ada@example.org", False)


async def test_sealed_text_opens_for_its_event_and_field_alone(directory: People) -> None:
    ada, bob = await directory.person_of("i", "ada"), await directory.person_of("i", "bob")
    sealed = await directory.seal(ada, EVENT, "reason", TEXT)
    assert TEXT not in str(sealed)
    assert await directory.unseal([(EVENT, "reason", sealed)]) == [TEXT]
    for event_id, field, one in (
        (EVENT, "summary", sealed),
        (EVENT[:-1] + "0", "reason", sealed),
        (EVENT, "reason", Sealed(person=bob, nonce=sealed.nonce, text=sealed.text)),
        (EVENT, "reason", Sealed(person=ada, nonce=sealed.nonce, text=sealed.text[:-8] + "AAAAAAA=")),
        (EVENT, "reason", Sealed(person=ada, nonce="?", text=sealed.text)),
    ):
        with pytest.raises(Undecipherable):
            await directory.unseal([(event_id, field, one)])


async def test_the_same_text_sealed_twice_looks_different(directory: People) -> None:
    ada = await directory.person_of("i", "ada")
    one, two = await directory.seal(ada, EVENT, "a", TEXT), await directory.seal(ada, EVENT, "a", TEXT)
    assert one.nonce != two.nonce
    assert one.text != two.text


async def test_a_forgotten_person_leaves_an_id_and_nothing_that_can_be_read(
    directory: People, either: Database
) -> None:
    ada, bob = await directory.person_of("i", "ada", "Ada", "a@b.c"), await directory.person_of("i", "bob")
    hers, his = await directory.seal(ada, EVENT, "x", TEXT), await directory.seal(bob, EVENT, "x", TEXT)
    assert await directory.forget(ada, NOW)
    assert not await directory.forget(ada, NOW)
    assert await directory.unseal([(EVENT, "x", hers), (EVENT, "x", his)]) == [None, TEXT]
    row = next(row for row in await rows(either) if row["id"] == ada)
    assert {name for name, value in row.items() if value is not None} == {"id", "erased_at"}
    assert (await directory.cards([ada]))[ada].forgotten
    with pytest.raises(Refused, match="not-found"):
        await directory.sealer(ada)
    again = await directory.person_of("i", "ada")
    assert again != ada


class ForgottenMeanwhile(People):
    """A directory that forgets the person who comes, in the middle of their coming."""

    step = ""

    async def _row(self, issuer: str, subject: str) -> Mapping[str, Any] | None:
        row = await super()._row(issuer, subject)
        if row is not None and self.step == "read":
            await self.forget(row["id"], NOW)
        return row

    async def _holder(self, address: str) -> str | None:
        holder = await super()._holder(address)
        if self.step == "asked":
            for row in await rows(self._database):
                await self.forget(row["id"], NOW)
        return holder


@pytest.mark.parametrize("step", ["read", "asked"])
async def test_what_was_forgotten_is_not_written_back_by_who_comes_in_that_instant(
    either: Database, master: Keyring, step: str
) -> None:
    directory = ForgottenMeanwhile(either, master, LiveEntropy())
    bob = await directory.person_of("i", "bob", "Bob", "bob@example.org", vouched=True)
    directory.step = step
    await directory.person_of("i", "bob", "Robert", "robert@example.org", vouched=True)
    directory.step = ""
    (row,) = await rows(either)
    assert {name for name, value in row.items() if value is not None} == {"id", "erased_at"}
    assert await directory.addressed("robert@example.org") != bob


async def test_whoever_is_first_of_forgetting_and_coming_no_address_leads_to_the_forgotten(
    directory: People, either: Database
) -> None:
    bob = await directory.person_of("i", "bob", "Bob", "bob@example.org", vouched=True)
    came = [directory.person_of("i", "bob", "Bob", f"{n}@example.org", vouched=True) for n in range(10)]
    await asyncio.gather(*came[:5], directory.forget(bob, NOW), *came[5:])
    kept = await either.rows(select(address))
    assert bob not in {row["person"] for row in kept}


async def test_persons_keys_are_wrapped_and_the_master_key_can_be_rotated(
    either: Database, master: Keyring, directory: People
) -> None:
    ada = await directory.person_of("i", "ada")
    sealed = await directory.seal(ada, EVENT, "x", TEXT)
    newer = Keyring("k2", {"k2": secrets.token_bytes(32), **master.keys})
    rotated = People(either, newer, LiveEntropy())
    await rotated.person_of("i", "bob")
    assert await rotated.unseal([(EVENT, "x", sealed)]) == [TEXT]
    assert {row["key_id"] for row in await rows(either)} == {"k1", "k2"}
    stranger = People(either, replace(master, keys={"k1": secrets.token_bytes(32)}), LiveEntropy())
    with pytest.raises(Undecipherable):
        await stranger.unseal([(EVENT, "x", sealed)])


async def test_a_wrapped_key_moved_to_another_person_does_not_open(directory: People, either: Database) -> None:
    ada, bob = await directory.person_of("i", "ada"), await directory.person_of("i", "bob")
    sealed = await directory.seal(bob, EVENT, "x", TEXT)
    stolen = next(row["key"] for row in await rows(either) if row["id"] == ada)
    moved = person.update().where(person.c.id == bob).values(key=stolen)
    await either.transact(lambda connection: connection.execute(moved))
    with pytest.raises(Undecipherable):
        await directory.unseal([(EVENT, "x", sealed)])


async def test_more_people_than_one_query_takes(directory: People) -> None:
    people = [await directory.person_of("i", str(number), f"N{number}") for number in range(502)]
    assert len(await directory.cards(people)) == 502


async def test_a_seeded_play_draws_the_same_people_and_bytes(tmp_path: Path) -> None:
    async def play(name: str, seed: bytes) -> tuple[str, Sealed, str]:
        database = open_database(f"sqlite:///{tmp_path / name}.db")
        await database.transact(METADATA.create_all)
        entropy = SeededEntropy(seed)
        people = People(database, keyring(tmp_path / f"{name}.key", entropy), entropy)
        ada = await people.person_of("i", "ada")
        sealed = await people.seal(ada, EVENT, "x", TEXT)
        await people.forget(ada, NOW)
        again = await people.person_of("i", "ada")
        await database.close()
        return ada, sealed, again

    # the key file's name is part of what it is drawn for, so both plays use folders of their own
    first = await play("one", b"seed")
    assert first[0] != first[2]
    assert (await play("two", b"seed"))[:2] == first[:2]
    assert (await play("three", b"other"))[0] != first[0]


def test_a_seeded_source_never_gives_one_nonce_to_two_texts() -> None:
    from shared.runtime.sealing import Sealer

    sealer = Sealer("p", bytes(32), SeededEntropy(b"seed"))
    assert sealer.seal(EVENT, "x", "one").nonce != sealer.seal(EVENT, "x", "two").nonce
    entropy = SeededEntropy(b"seed")
    assert entropy.draw(12, "ab", "c") != entropy.draw(12, "a", "bc")


async def test_a_sign_in_whose_issuer_vouches_for_the_address_takes_over_its_card(
    directory: People,
) -> None:
    named = await directory.addressed("Ada@Example.org", "Ada, says Jira")
    assert (await directory.cards([named]))[named].by_address
    ada = await directory.person_of("https://a", "1", "Ada", "ada@example.org", vouched=True)
    card = (await directory.cards([ada]))[ada]
    assert (ada, card.name, card.by_address) == (named, "Ada", False)
    assert await directory.addressed("ADA@example.org") == ada
    assert await directory.person_of("https://a", "1") == ada


async def test_an_address_that_somebody_merely_says_is_theirs_gets_them_nobodys_card(directory: People) -> None:
    named = await directory.addressed("ada@example.org")
    mallory = await directory.person_of("https://a", "2", "Mallory", "ada@example.org")
    assert mallory != named
    assert await directory.addressed("ada@example.org") == named
    ada = await directory.person_of("https://a", "1", "Ada", "ada@example.org", vouched=True)
    assert ada == named


async def test_an_address_that_is_given_to_somebody_else_takes_no_card_with_it(directory: People) -> None:
    first = await directory.addressed("ada@example.org")
    assert await directory.person_of("https://a", "1", "Ada", "ada@example.org", vouched=True) == first
    second = await directory.person_of("https://a", "2", "Another Ada", "ada@example.org", vouched=True)
    assert second != first
    assert await directory.addressed("ada@example.org") == second  # who is named by it from now on is its holder
    assert await directory.person_of("https://a", "1") == first


async def test_who_has_a_card_takes_over_no_other_by_coming_to_another_address(directory: People) -> None:
    named = await directory.addressed("ada@example.org")
    mallory = await directory.person_of("https://a", "2", "Mallory", "mallory@example.org", vouched=True)
    assert await directory.person_of("https://a", "2", "Mallory", "ada@example.org", vouched=True) == mallory
    assert (await directory.cards([named]))[named].by_address


async def test_of_many_who_come_at_once_with_one_address_one_has_the_card(directory: People) -> None:
    named = await directory.addressed("ada@example.org")
    came = [directory.person_of("https://a", str(n), "Ada", "ada@example.org", vouched=True) for n in range(8)]
    found = await asyncio.gather(*came)
    assert (found.count(named), len(set(found))) == (1, 8)


@pytest.mark.parametrize(
    ("theirs", "other"), [("x@strasse.example", "x@straße.example"), ("kim@e.org", "\u212aim@e.org")]
)
async def test_an_address_that_unicode_folds_into_anothers_is_another(
    directory: People, theirs: str, other: str
) -> None:
    named = await directory.addressed(theirs)
    mallory = await directory.person_of("i", "mallory", "Mallory", other, vouched=True)
    assert mallory != named
    assert await directory.addressed(theirs) == named
    assert await directory.addressed(other.replace("x@", "X@").replace("@e", "@E")) == mallory


async def test_a_forgotten_card_is_not_taken_over(directory: People) -> None:
    named = await directory.addressed("ada@example.org")
    await directory.forget(named, NOW)
    ada = await directory.person_of("https://a", "1", "Ada", "ada@example.org", vouched=True)
    assert ada != named
    await directory.forget(ada, NOW)
    assert await directory.addressed("ada@example.org") not in (ada, named)
