"""Reporting's projection on a real event log: repeats, unreadable facts, and rebuilding."""

import dataclasses

from sqlalchemy import func, select

from services.reporting import tables
from services.reporting.queries.standing import stands
from shared.log.port import Log
from shared.log.projector import Projector
from shared.log.views import Views
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.stories import portfolio


async def facts_in(views: Views) -> int:
    async with views.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(tables.fact))).scalar_one()


async def test_what_is_published_twice_has_its_effect_once(tell: Tell, views: Views) -> None:
    story = portfolio()
    once = list(story.records)
    story.records.extend(once)
    await tell(story)
    assert await facts_in(views) == len(once)
    async with views.reading() as connection:
        assert [stand.missing for stand in await stands(connection)] == [0, 0, 0]


async def test_an_unreadable_fact_is_set_aside_and_blocks_only_its_own_system(tell: Tell, views: Views) -> None:
    story = portfolio()
    at = next(
        place for place, one in enumerate(story.records) if b"tier_confirmed" in one.value and b'"s-2"' in one.value
    )
    broken = story.records[at]
    story.records[at] = dataclasses.replace(broken, value=broken.value.replace(b'"tier":', b'"teir":'))
    await tell(story)
    behind = [one for one in story.records[at:] if one.key == b"s-2"]
    assert len(behind) > 10
    assert await facts_in(views) == len(story.records) - len(behind)
    aside = await views.set_aside()
    assert len(aside) == len(behind)
    assert "MalformedFact" in (aside[0].reason or "")
    async with views.reading() as connection:
        assert await views.missing(connection) == len(behind)
        assert sum(stand.missing for stand in await stands(connection)) == len(behind)
        others = (
            await connection.execute(select(tables.system.c.tier_state).where(tables.system.c.system_id == "s-1"))
        ).scalar_one()
    assert others == "confirmed"


async def test_a_rebuild_from_offset_zero_gives_the_same_tables(
    tell: Tell, views: Views, projector: Projector, log: Log
) -> None:
    await tell(portfolio())
    before = await facts_in(views)
    rebuilt = await Projector(log.reader(), views).rebuild()
    assert rebuilt.same is True
    assert rebuilt.events == before
    assert await facts_in(views) == before
