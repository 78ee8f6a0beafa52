"""Reporting's projection on a real event log: repeats, unreadable facts, and rebuilding."""

import dataclasses
from typing import Any

from sqlalchemy import func, select

from services.reporting import tables
from services.reporting.queries.portfolio import active
from services.reporting.queries.standing import stands
from shared.events import intake
from shared.log.port import Log
from shared.log.projector import Projector
from shared.log.views import Views
from tests.domain.reporting.facts import (
    at,
    confirmed,
    launched,
    overridden,
    proposed,
    registered,
    retired,
    submitted,
    withdrawn,
)
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.records import Tale
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


async def test_an_amended_triage_keeps_what_its_clock_has_said_and_a_new_round_begins_anew(
    tell: Tell, views: Views
) -> None:
    tale, due = Tale(), at("2026-01-02")
    for one in ("s-1", "s-2"):
        tale.tell("2026-01-01", registered(one))
        tale.tell("2026-01-01", submitted(one))
        tale.tell("2026-01-01", proposed(one, "high", due="2026-01-02"))
        spoken: dict[str, Any] = {"system_id": one, "intake_id": f"intake-{one}-1", "round": 1, "due_at": due}
        tale.tell("2026-01-01 20:00", intake.TriageReminded(percent=80, addressee="role:triager", **spoken))
        late = intake.TriageBreached(noticed_at=due, addressee="role:head_of_ai_governance", **spoken)
        tale.tell("2026-01-02", late)
    tale.tell("2026-01-03", proposed("s-1", "high", due="2026-01-02"))
    tale.tell("2026-01-03", confirmed("s-2", "high"))
    tale.tell("2026-01-04", submitted("s-2", nth=2))
    tale.tell("2026-01-04", proposed("s-2", "high", nth=2, due="2026-01-05"))
    await tell(tale.story())
    row = tables.clock.c
    marks = select(row.system_id, row.started_at, row.reminded, row.breached_at)
    async with views.reading() as connection:
        found = (await connection.execute(marks.where(row.clock == "triage"))).all()
    assert {tuple(row) for row in found} == {("s-1", at("2026-01-01"), 80, due), ("s-2", at("2026-01-04"), 0, None)}


async def test_each_step_of_an_escalated_triage_is_a_notice(tell: Tell, views: Views) -> None:
    tale, due = Tale(), at("2026-01-02")
    tale.tell("2026-01-01", registered("s-1"))
    spoken: dict[str, Any] = {"system_id": "s-1", "intake_id": "intake-s-1-1", "round": 1, "due_at": due}
    tale.tell("2026-01-02", intake.TriageBreached(noticed_at=due, addressee="omar", clock="answer", **spoken))
    up = intake.TriageEscalated(clock="answer", step=2, role="executive", addressee="role:executive", **spoken)
    tale.tell("2026-01-09", up)
    await tell(tale.story())
    row = tables.notice.c
    async with views.reading() as connection:
        found = (await connection.execute(select(row.kind, row.clock, row.step, row.addressee, row.due_at))).all()
    assert {tuple(one) for one in found} == {
        ("escalation", "answer", None, "omar", due),
        ("escalation", "answer", 2, "role:executive", due),
    }


async def active_systems(views: Views) -> set[str]:
    async with views.reading() as connection:
        return set((await connection.execute(select(tables.system.c.system_id).where(active()))).scalars())


async def test_a_retired_system_is_in_the_portfolio_again_once_it_is_launched_again(tell: Tell, views: Views) -> None:
    tale = Tale()
    tale.tell("2026-01-01", registered("s-1"))
    tale.tell("2026-01-02", launched("s-1", "2026-01-02"))
    tale.tell("2026-01-03", retired("s-1", "2026-01-03"))
    tale.tell("2026-01-01", registered("s-2"))
    tale.tell("2026-01-03", retired("s-2", "2026-01-03"))
    tale.tell("2026-01-04", launched("s-1", "2026-01-04", reviewed=False))
    tale.tell("2026-01-02", launched("s-2", "2026-01-02"))  # reported after its end: no return
    await tell(tale.story())
    assert await active_systems(views) == {"s-1"}


async def test_an_overridden_tier_is_that_of_the_portfolio_in_the_round_that_it_began(tell: Tell, views: Views) -> None:
    tale = Tale()
    tale.tell("2026-01-01", registered("s-1"))
    tale.tell("2026-01-01", proposed("s-1", "prohibited"))
    tale.tell("2026-01-02", confirmed("s-1", "prohibited"))
    tale.tell("2026-01-03", overridden("s-1", "medium", 2, "prohibited"))
    tale.tell("2026-01-03", confirmed("s-1", "medium", nth=2))
    await tell(tale.story())
    async with views.reading() as connection:
        row = (await connection.execute(select(tables.system))).mappings().one()
    assert (row["tier"], row["tier_state"], row["round"], row["triage"]) == ("medium", "confirmed", 2, None)
    assert await facts_in(views) == 5


async def test_an_amended_intake_stays_withdrawn_until_it_is_submitted_again(tell: Tell, views: Views) -> None:
    tale = Tale()
    for one in ("s-1", "s-2"):
        tale.tell("2026-01-01", registered(one))
        tale.tell("2026-01-01", submitted(one))
        tale.tell("2026-01-02", withdrawn(one))
    given = submitted("s-1")
    amended = intake.IntakeAmended(
        system_id="s-1",
        intake_id=given.intake_id,
        revision=2,
        form_version="1",
        name=given.name,
        owner=given.owner,
        answers={},
        texts={},
        changed=("name",),
        origin="api",
    )
    tale.tell("2026-01-03", amended)
    tale.tell("2026-01-03", submitted("s-2", nth=2))
    await tell(tale.story())
    assert await active_systems(views) == {"s-2"}
