"""Read, fold, decide, append: a lost race is decided again, a repeated key is answered without deciding."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest

from shared.events.intake import DiscoverySettled
from shared.refusals import Refused
from shared.store.handling import ATTEMPTS, At, Command, Decided, Ids, handle
from shared.store.port import EMPTY, EventStore, Key, Past, Receipt
from tests.contracts.store.appends import CONTEXT, key, one


def settled(reason: str) -> DiscoverySettled:
    return DiscoverySettled(discovery_id="d", system_id=None, reason=reason)


@pytest.mark.parametrize("name", ["event/0", "system", "ü", ""])
def test_the_ids_of_a_command_are_version_five_uuids_of_its_key(name: str) -> None:
    installation = "5a3e0c5e-7a2b-4c70-9d1f-0f4b9f6f9a11"
    expected = uuid5(UUID(installation), f"{key('k').scope}|k|{name}")
    assert Ids(installation, key("k"))(name) == str(expected)


class Counting:
    """A decision that appends how many events it saw; rivals may append before it is kept."""

    def __init__(self, store: EventStore, rivals: int = 0) -> None:
        self.store, self.rivals, self.decisions = store, rivals, 0

    def command(self, value: str, **more: object) -> Command[int]:
        return Command(
            stream="a",
            partitionkey="a",
            fold=self.fold,
            decide=self.decide,
            context=CONTEXT,
            key=key(value),
            answer={"id": "a"},
            **more,  # type: ignore[arg-type]
        )

    def fold(self, past: Past) -> int:
        return len(past.events)

    def decide(self, seen: int, now: datetime) -> Sequence[Decided]:
        self.decisions += 1
        return [settled(f"saw {seen}")]


class Raced(Counting):
    """Somebody else appends between its reading and its appending, `rivals` times."""

    async def handled(self, value: str) -> object:
        original = self.store.append

        async def append(wanted: object) -> object:
            if self.rivals:
                self.rivals -= 1
                await original(one("a", (await self.store.read("a")).version))
            return await original(wanted)  # type: ignore[arg-type]

        self.store.append = append  # type: ignore[assignment, method-assign]
        return await handle(self.store, self.command(value))


async def test_a_command_appends_what_it_decided(store: EventStore) -> None:
    receipt = await handle(store, Counting(store).command("k"))
    assert (receipt.version, receipt.answer) == (0, {"id": "a"})
    assert [stored.fact for stored in (await store.read("a")).events] == [settled("saw 0")]


async def test_a_repeat_is_answered_without_deciding_again(store: EventStore) -> None:
    counting = Counting(store)
    first = await handle(store, counting.command("k"))
    again = await handle(store, counting.command("k"))
    assert (again.replayed, again.position, counting.decisions) == (True, first.position, 1)


async def test_a_lost_race_is_read_and_decided_again(store: EventStore) -> None:
    raced = Raced(store, rivals=ATTEMPTS - 1)
    await raced.handled("k")
    assert (await store.read("a")).events[-1].fact == settled(f"saw {ATTEMPTS - 1}")
    assert raced.decisions == ATTEMPTS


async def test_a_race_lost_five_times_is_refused(store: EventStore) -> None:
    with pytest.raises(Refused, match="too-contended"):
        await Raced(store, rivals=ATTEMPTS).handled("k")


async def test_a_stale_version_named_by_the_caller_is_refused(store: EventStore) -> None:
    await store.append(one("a", EMPTY))
    with pytest.raises(Refused, match="version-conflict"):
        await handle(store, Counting(store).command("k", if_version=EMPTY))
    assert (await handle(store, Counting(store).command("k", if_version=0))).version == 1


class SentTwice(Counting):
    """A command that may be done once only, and whose twin is kept between its looking for the key and its reading."""

    def decide(self, seen: int, now: datetime) -> Sequence[Decided]:
        if seen:
            raise Refused("version-conflict", "it is there already")
        return super().decide(seen, now)

    async def handled(self, value: str, twin: str, **more: object) -> Receipt:
        original = self.store.replay

        async def replay(asked: Key) -> Receipt | None:
            found = await original(asked)
            if self.rivals:
                self.rivals -= 1
                await handle(self.store, Counting(self.store).command(twin))
            return found

        self.store.replay = replay  # type: ignore[assignment, method-assign]
        return await handle(self.store, self.command(value, **more))


@pytest.mark.parametrize("more", [{}, {"if_version": EMPTY}])
async def test_of_two_that_are_sent_at_once_with_one_key_both_get_the_first_receipt(
    store: EventStore, more: dict[str, object]
) -> None:
    receipt = await SentTwice(store, rivals=1).handled("k", twin="k", **more)
    assert (receipt.replayed, receipt.position) == (True, 0)
    assert (await store.read("a")).version == 0


async def test_a_refusal_because_of_what_another_request_did_stays_one(store: EventStore) -> None:
    with pytest.raises(Refused, match="version-conflict"):
        await SentTwice(store, rivals=1).handled("k", twin="another")


async def test_the_same_command_gives_its_events_the_same_ids(store: EventStore) -> None:
    await handle(store, Counting(store).command("k"))
    await handle(store, Counting(store).command("l"))
    ids = [stored.id for stored in (await store.read("a")).events]
    assert len(set(ids)) == 2


async def test_a_fact_can_have_happened_at_another_time(store: EventStore) -> None:
    counting = Counting(store)
    earlier = (await store.read("a")).now - timedelta(days=3)
    counting.decide = lambda seen, now: [At(settled("earlier"), earlier)]  # type: ignore[method-assign]
    await handle(store, counting.command("k"))
    assert (await store.read("a")).events[0].envelope.time == earlier
