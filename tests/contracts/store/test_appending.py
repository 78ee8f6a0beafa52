"""What an append promises: whole, in order, at the version read, and as the bytes that everybody will see."""

import asyncio
import json
from hashlib import sha256
from uuid import uuid4

import pytest

from shared.events.canonical import canonical
from shared.events.envelope import MAX_BYTES
from shared.store.port import (
    EMPTY,
    EventExists,
    EventStore,
    EventTooLarge,
    PartitionKeyMoved,
    Receipt,
    StreamAppend,
    VersionConflict,
)
from tests.contracts.store.appends import MONDAY, append, event, on, one


async def test_the_first_event_has_position_and_version_zero(store: EventStore) -> None:
    receipt = await store.append(one("a", EMPTY))
    assert (receipt.position, receipt.count, receipt.version, receipt.replayed) == (0, 1, 0, False)


async def test_a_receipt_names_the_first_position_and_the_newest_version(store: EventStore) -> None:
    await store.append(one("a", EMPTY))
    receipt = await store.append(append(on("a", 0, "x", "y", "z")))
    assert (receipt.position, receipt.count, receipt.version) == (1, 3, 3)


async def test_what_is_read_is_what_was_appended(store: EventStore) -> None:
    new = event("for a reason")
    receipt = await store.append(append(StreamAppend(stream="a", partitionkey="k", expected=EMPTY, events=[new])))
    past = await store.read("a")
    assert (past.stream, past.version) == ("a", 0)
    [stored] = past.events
    assert (stored.id, stored.position, stored.version, stored.stream) == (new.id, 0, 0, "a")
    assert stored.fact == new.fact
    assert stored.recordedtime == receipt.recordedtime
    assert stored == await store.by_id(new.id)
    assert [stored] == list(await store.after(-1, 10))


async def test_the_bytes_are_a_canonical_cloudevent(store: EventStore) -> None:
    await store.append(append(on("a", EMPTY, "ä \u0007 €"), by=None))
    [stored] = (await store.read("a")).events
    envelope = stored.envelope
    assert (envelope.subject, envelope.partitionkey, envelope.streamversion) == ("a", "a", 0)
    assert (envelope.source, envelope.type) == (f"//{store.origin}", "gatehouse.intake.discovery_settled.v1")
    assert (envelope.time, envelope.recordedtime) == (MONDAY, stored.recordedtime)
    assert (envelope.authtype, envelope.authid, envelope.correlationid) == ("system", "gatehouse/test", "story")

    assert canonical(json.loads(stored.body)) == stored.body
    assert b"causationid" not in stored.body


async def test_the_leaf_is_that_of_rfc_6962(store: EventStore) -> None:
    await store.append(append(on("a", EMPTY, "x", "y")))
    for stored in await store.after(-1, 10):
        assert stored.leaf == sha256(b"\x00" + stored.body).digest()


async def test_a_stream_that_has_moved_on_is_a_conflict_and_nothing_is_kept(store: EventStore) -> None:
    await store.append(one("a", EMPTY))
    for stale in (EMPTY, 1, 7):
        with pytest.raises(VersionConflict):
            await store.append(one("a", stale))
    assert (await store.head()).next_position == 1


async def test_several_streams_are_appended_all_or_none(store: EventStore) -> None:
    await store.append(one("b", EMPTY))
    with pytest.raises(VersionConflict):
        await store.append(append(on("a", EMPTY, "x"), on("b", EMPTY, "y")))
    assert (await store.read("a")).version == EMPTY
    receipt = await store.append(append(on("a", EMPTY, "x"), on("b", 0, "y", "z")))
    assert (receipt.position, receipt.count, receipt.version) == (1, 3, 0)
    assert [(e.stream, e.version) for e in await store.after(0, 10)] == [("a", 0), ("b", 1), ("b", 2)]


async def test_a_stream_named_without_events_is_only_checked(store: EventStore) -> None:
    await store.append(one("rules", EMPTY))
    await store.append(append(on("a", EMPTY, "x"), on("rules", 0)))
    with pytest.raises(VersionConflict):
        await store.append(append(on("a", 0, "y"), on("rules", EMPTY)))
    assert (await store.read("rules")).version == 0
    assert (await store.read("a")).version == 0


async def test_a_conflict_fails_alone_among_appends_that_wait_together(store: EventStore) -> None:
    await store.append(one("taken", EMPTY))
    attempts = [one("taken", EMPTY) if number % 5 == 0 else one(f"s{number}", EMPTY) for number in range(100)]
    outcomes = await asyncio.gather(*map(store.append, attempts), return_exceptions=True)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [VersionConflict if number % 5 == 0 else Receipt for number in range(100)]
    positions = sorted(outcome.position or 0 for outcome in outcomes if isinstance(outcome, Receipt))
    assert positions == list(range(1, 81))


async def test_of_many_who_read_the_same_version_one_wins(store: EventStore) -> None:
    outcomes = await asyncio.gather(*(store.append(one("a", EMPTY)) for _ in range(40)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Receipt"] + ["VersionConflict"] * 39


async def test_appends_to_one_stream_that_wait_together_keep_their_order(store: EventStore) -> None:
    receipts = await asyncio.gather(*(store.append(one("a", version)) for version in range(-1, 49)))
    assert [receipt.version for receipt in receipts] == list(range(50))


async def test_an_event_just_within_the_limit_is_taken_and_one_byte_more_is_not(store: EventStore) -> None:
    await store.append(one("a", EMPTY, ""))
    overhead = len((await store.read("a")).events[0].body)
    await store.append(one("b", EMPTY, "x" * (MAX_BYTES - overhead)))
    assert len((await store.read("b")).events[0].body) == MAX_BYTES
    with pytest.raises(EventTooLarge):
        await store.append(append(on("c", EMPTY, "small", "x" * (MAX_BYTES - overhead + 1))))
    assert (await store.read("c")).version == EMPTY


async def test_a_streams_partition_key_never_changes(store: EventStore) -> None:
    await store.append(append(on("a", EMPTY, "x", partitionkey="k1")))
    with pytest.raises(PartitionKeyMoved):
        await store.append(append(on("a", 0, "y", partitionkey="k2")))


async def test_an_event_id_is_stored_once(store: EventStore) -> None:
    same = str(uuid4())
    first = StreamAppend(stream="a", partitionkey="a", expected=EMPTY, events=[event(event_id=same)])
    again = StreamAppend(stream="b", partitionkey="b", expected=EMPTY, events=[event(event_id=same)])
    outcomes = await asyncio.gather(store.append(append(first)), store.append(append(again)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Receipt, EventExists]
    with pytest.raises(EventExists):
        await store.append(append(again))


@pytest.mark.parametrize(
    "senseless",
    [
        append(),
        append(on("a", EMPTY, "x"), on("a", 0, "y")),
        append(on("", EMPTY, "x")),
        append(on("a\x00b", EMPTY, "x")),
        append(on("a\ud800", EMPTY, "x")),
        append(on("a", -2, "x")),
        append(on("a", 2**31, "x")),
        append(StreamAppend(stream="a", partitionkey="a", expected=EMPTY, events=[event(event_id="no uuid")])),
        append(
            StreamAppend(stream="a", partitionkey="a", expected=EMPTY, events=[event(event_id=str(uuid4()).upper())])
        ),
    ],
)
async def test_a_senseless_append_is_refused_before_it_can_disturb_others(store: EventStore, senseless: object) -> None:
    with pytest.raises(ValueError):
        await store.append(senseless)  # type: ignore[arg-type]
    assert (await store.head()).next_position == 0


async def test_reading_after_a_position_is_limited_and_in_order(store: EventStore) -> None:
    await store.append(append(on("a", EMPTY, *"abcdefghij")))
    assert [stored.position for stored in await store.after(2, 4)] == [3, 4, 5, 6]
    assert list(await store.after(9, 4)) == []


async def test_an_unknown_stream_is_empty_and_an_unknown_event_absent(store: EventStore) -> None:
    past = await store.read("nowhere")
    assert (past.version, list(past.events)) == (EMPTY, [])
    assert await store.by_id(str(uuid4())) is None
