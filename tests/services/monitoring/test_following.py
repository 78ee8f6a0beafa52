"""Monitoring follows intake's facts: which systems are live, at which tier; in any batches, and rebuilt the same."""

from pathlib import Path

from sqlalchemy import select

from services.monitoring.consumer import apply, projection
from services.monitoring.tables import system
from shared.events.intake import SystemMerged
from shared.log.views import open_views
from tests.domain.reporting.facts import confirmed, launched, registered, retired
from tests.services.reporting.records import Story


async def test_live_systems_and_their_tiers_are_known(tmp_path: Path) -> None:
    story = Story()
    for one in ("a", "b", "c", "d"):
        story.tell("2026-01-01", registered(one))
    story.tell("2026-01-02", confirmed("a", "high"))
    story.tell("2026-01-03", launched("a", "2026-01-03"))
    story.tell("2026-01-04", launched("b", "2026-01-04"))
    story.tell("2026-01-05", retired("b", "2026-01-05"))
    story.tell("2026-01-06", SystemMerged(system_id="c", into="a", reason="the same", by="p-1"))
    views = await open_views(f"sqlite:///{tmp_path / 'views.db'}", projection())
    for record in story.records:
        await views.transact(lambda connection, record=record: apply(connection, record))  # type: ignore[misc]
    columns = system.c
    live = select(columns.system_id, columns.tier, columns.high_risk, columns.launched_at)
    live = live.where(columns.launched_at.is_not(None), columns.retired.is_(False))
    async with views.reading() as connection:
        assert [tuple(row) for row in await connection.execute(live)] == [
            ("a", "high", True, "2026-01-03T00:00:00.000000Z")
        ]
        rest = await connection.execute(select(columns.system_id, columns.retired).order_by(columns.system_id))
        assert [tuple(row) for row in rest] == [("a", False), ("b", True), ("c", True), ("d", False)]
    await views.close()
