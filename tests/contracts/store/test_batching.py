"""Group commit: who waits together goes together, who would collide waits for the next, nobody pays for another."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

import asyncpg
import pytest

from shared.store import drafting
from shared.store.batching import LARGEST_BATCH, Batcher, BatchRefused, Outcome
from shared.store.drafting import Drafted, drafted
from shared.store.port import EMPTY, Receipt, StoreFull, StoreUnavailable
from tests.contracts.store.appends import append, key, on, one
from tests.contracts.store.conftest import Opener

RECEIPT = Receipt(position=0, count=1, version=0, recordedtime=datetime(2026, 1, 1, tzinfo=UTC), answer={})


class Engine:
    """Remembers the batches it was given; holds the first back until it may go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_go = asyncio.Event()

    async def commit(self, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        self.batches.append([command.streams[0].stream for command in commands])
        await self.may_go.wait()
        return [RECEIPT] * len(commands)


def command(stream: str, by: str | None = None) -> Drafted:
    return drafted(append(on(stream, EMPTY, "x"), by=None if by is None else key(by)), "//source")


async def submitted(batcher: Batcher, commands: Sequence[Drafted], engine: Engine) -> None:
    tasks = [asyncio.create_task(batcher.submit(each)) for each in commands]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    engine.may_go.set()
    await asyncio.gather(*tasks)
    await batcher.close()


async def test_what_waits_goes_together_and_never_more_than_the_limit() -> None:
    engine = Engine()
    waiting = 2 * LARGEST_BATCH + 88
    await submitted(Batcher(engine.commit), [command(f"s{n}") for n in range(waiting)], engine)
    assert [len(batch) for batch in engine.batches] == [LARGEST_BATCH, LARGEST_BATCH, 88]


async def test_two_of_one_stream_or_key_never_share_a_batch_and_keep_their_order() -> None:
    engine = Engine()
    commands = [command("a"), command("b", "k"), command("a"), command("c", "k"), command("d"), command("a")]
    await submitted(Batcher(engine.commit), commands, engine)
    assert engine.batches == [["a", "b", "d"], ["a", "c"], ["a"]]


async def test_what_waits_for_its_turn_is_not_overtaken() -> None:
    engine = Engine()
    both = drafted(append(on("a", EMPTY, "x"), on("b", EMPTY, "x")), "//source")
    await submitted(Batcher(engine.commit), [command("a"), both, command("b"), command("c")], engine)
    assert engine.batches == [["a", "c"], ["a"], ["b"]]


async def test_one_that_the_engine_cannot_take_does_not_fail_its_neighbours() -> None:
    async def commit(commands: Sequence[Drafted]) -> Sequence[Outcome]:
        if any(each.streams[0].stream == "bad" for each in commands):
            raise BatchRefused from LookupError("bad")
        return [RECEIPT] * len(commands)

    batcher = Batcher(commit)
    outcomes = await asyncio.gather(
        *(batcher.submit(command(stream)) for stream in ("a", "bad", "c")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Receipt, LookupError, Receipt]
    await batcher.close()


@pytest.mark.parametrize(("raised", "told"), [(StoreFull("full"), StoreFull), (OSError("gone"), StoreUnavailable)])
async def test_a_failure_of_the_engine_reaches_every_caller(raised: Exception, told: type[Exception]) -> None:
    async def commit(commands: Sequence[Drafted]) -> Sequence[Outcome]:
        raise raised

    batcher = Batcher(commit)
    outcomes = await asyncio.gather(*(batcher.submit(command(s)) for s in "abc"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [told] * 3
    assert len({id(outcome) for outcome in outcomes}) == 3
    await batcher.close()


@pytest.mark.postgres
async def test_what_no_index_holds_is_refused_and_would_not_fail_its_neighbours(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = Opener(postgres_url)
    store = await opener()
    long = "".join(sha256(bytes([number])).hexdigest() for number in range(150))
    for command_ in (one("a", EMPTY, by=key(long)), one(long, EMPTY)):
        with pytest.raises(ValueError, match="at most"):
            await store.append(command_)
    monkeypatch.setattr(drafting, "LONGEST_KEY", 10_000)
    appends = (one("b", EMPTY), one("a", EMPTY, by=key(long)), one("c", EMPTY))
    outcomes = await asyncio.gather(*(store.append(each) for each in appends), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Receipt, asyncpg.ProgramLimitExceededError, Receipt]
    await opener.close()
