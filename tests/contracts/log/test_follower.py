"""A consumer takes as many records at once as it gets done while its group still believes that it lives."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from shared.log import follower
from shared.log.books import Claim, advance
from shared.log.follower import Follower
from shared.log.port import Log, Record
from shared.log.views import open_views
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import Folds, portfolio
from tests.contracts.log.records import streams

TOPIC = "facts"
RECORDS = 700


async def portions(sql_log: Log, url: str, background: Background, seconds: float) -> list[int]:
    """How many records a consumer takes at a time that needs so long for each."""
    await sql_log.ensure({TOPIC: 1})
    await sql_log.writer().publish(TOPIC, streams(["discovery/1"], RECORDS))
    views, reader, taken = await open_views(url, portfolio([TOPIC], Folds())), sql_log.reader(), list[int]()

    async def take(claimed: Claim, records: Sequence[Record]) -> Claim:
        await asyncio.sleep(seconds * len(records))  # the slowness itself
        taken.append(len(records))
        return await views.transact(lambda connection: advance(connection, claimed, records[-1]))

    follows = Follower(reader, views, views.projection.name, [TOPIC])
    background(follows.run(take))
    async with asyncio.timeout(30):
        await follows.caught_up(await reader.ends([TOPIC]))
    await views.close()
    return taken


async def test_a_slow_one_takes_few(
    sql_log: Log, database_url: Callable[[str], str], background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PORTION_SECONDS", 0.1)
    taken = await portions(sql_log, database_url("views"), background, seconds=0.002)
    assert (sum(taken), max(taken) <= 100) == (RECORDS, True)


async def test_a_quick_one_soon_takes_all_that_it_gets(
    sql_log: Log, database_url: Callable[[str], str], background: Background
) -> None:
    taken = await portions(sql_log, database_url("views"), background, seconds=0)
    assert taken[:3] == [follower.FIRST_PORTION, 2 * follower.FIRST_PORTION, 4 * follower.FIRST_PORTION]
    assert sum(taken) == RECORDS
