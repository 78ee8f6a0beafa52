"""The audit trail's pages: an index hands out their rows in order, however long the trail is."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from services.reporting.domain.cut import Period
from services.reporting.queries.reading import EVERYTHING
from services.reporting.queries.trail import Sought, page_of
from shared.log.views import Views, live_of, places
from shared.runtime.cursors import Page
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.stories import portfolio

ASKED = {
    "all": Sought(),
    "a system": Sought(system="s-1"),
    "a person": Sought(person="p-1"),
    "a kind": Sought(kind="gatehouse.review.opened.v1"),
    "a person in a period": Sought(person="p-1", period=Period.parse("2026-02")),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("after", [None, ("2026-02-01T00:00:00.000000Z", "intake", 5)])
async def test_no_page_of_the_trail_is_sorted(
    tell: Tell, views: Views, asked: str, after: tuple[str | int, ...] | None
) -> None:
    if views.database.engine_name != "sqlite":
        pytest.skip("the plan is SQLite's")
    await tell(portfolio())
    slot = (await views.database.transact(live_of)).slot
    query = page_of(EVERYTHING, ASKED[asked], Page(100, after, ""))
    compiled = query.compile(
        dialect=sqlite.dialect(),
        schema_translate_map=places(slot),
        render_schema_translate=True,
        compile_kwargs={"literal_binds": True},
    )
    async with views.reading() as connection:
        plan = [row.detail for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    assert plan
    assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN fact_person")], plan
