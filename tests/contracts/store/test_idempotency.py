"""A key is for ever: the first receipt again, whatever the repeat says about versions."""

import asyncio

import pytest

from shared.store.port import EMPTY, EventStore, KeyReused
from tests.contracts.store.appends import append, key, on, one


async def test_a_repeat_gets_the_first_receipt_and_appends_nothing(store: EventStore) -> None:
    first = await store.append(append(on("a", EMPTY, "x", "y"), by=key("k"), answer={"id": "ü", "n": [1, None]}))
    await store.append(one("a", 1))
    again = await store.append(append(on("a", EMPTY, "x", "y"), by=key("k"), answer={"id": "another"}))
    assert again.replayed
    assert (again.position, again.count, again.version) == (first.position, first.count, first.version)
    assert (again.recordedtime, again.answer) == (first.recordedtime, {"id": "ü", "n": [1, None]})
    assert (await store.head()).next_position == 3


async def test_a_key_can_be_asked_for_its_receipt(store: EventStore) -> None:
    assert await store.replay(key("k")) is None
    first = await store.append(one("a", EMPTY, by=key("k")))
    found = await store.replay(key("k"))
    assert found is not None
    assert (found.position, found.version, found.replayed) == (first.position, first.version, True)


async def test_a_key_with_another_request_is_refused(store: EventStore) -> None:
    await store.append(one("a", EMPTY, by=key("k")))
    with pytest.raises(KeyReused):
        await store.append(one("a", 0, by=key("k", asked="something else")))
    with pytest.raises(KeyReused):
        await store.replay(key("k", asked="something else"))


async def test_keys_of_different_scopes_have_nothing_to_do_with_each_other(store: EventStore) -> None:
    await store.append(one("a", EMPTY, by=key("k", scope="anna")))
    second = await store.append(one("a", 0, by=key("k", scope="ben")))
    assert not second.replayed


async def test_a_key_is_kept_without_any_event(store: EventStore) -> None:
    first = await store.append(append(by=key("k"), answer={"nothing": "to do"}))
    assert (first.position, first.count, first.version) == (None, 0, None)
    again = await store.append(append(by=key("k")))
    assert (again.replayed, again.answer, again.position) == (True, {"nothing": "to do"}, None)
    assert (await store.head()).next_position == 0


async def test_a_repeat_that_waits_together_with_the_first_is_answered_from_it(store: EventStore) -> None:
    receipts = await asyncio.gather(*(store.append(one("a", EMPTY, by=key("k"))) for _ in range(20)))
    assert [receipt.replayed for receipt in receipts] == [False] + [True] * 19
    assert {receipt.position for receipt in receipts} == {0}


async def test_a_refused_append_leaves_its_key_free(store: EventStore) -> None:
    await store.append(one("a", EMPTY))
    outcome = await asyncio.gather(store.append(one("a", EMPTY, by=key("k"))), return_exceptions=True)
    assert type(outcome[0]).__name__ == "VersionConflict"
    assert await store.replay(key("k")) is None
    assert not (await store.append(one("a", 0, by=key("k")))).replayed
