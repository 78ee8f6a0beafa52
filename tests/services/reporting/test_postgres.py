"""PostgreSQL derives and answers exactly what SQLite does."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from joserfc.jwk import ECKey

from services.reporting.consumer import projection, take
from shared.log.digest import digest
from shared.log.views import Views, open_views
from shared.runtime.people import People
from tests.domain.reporting.facts import at
from tests.services.reporting.site import ReportingSite
from tests.services.reporting.stories import portfolio
from tests.services.reporting.years import two_years

pytestmark = pytest.mark.postgres
NOW = "2026-02-24 12:00"
QUESTIONS = (
    "audit",
    "audit?limit=5",
    "audit?system=s-3",
    "audit?person=owner-1&period=2026-01",
    "audit?kind=gatehouse.review.opened.v1",
    "kpis",
    "kpis?as_of=2026-01-31&time=known",
    "kpis?as_of=2026-01-31&tier=high&product_area=Cards",
    "kpis?period=2026-Q1",
    "kpis/coverage/facts?limit=2",
    "kpis/time-to-decision/facts",
    "kpis/evidence-completeness/trend",
    "portfolio",
    "portfolio?show=live&tier=low",
    "portfolio?limit=2",
    "clocks",
    "notices",
    "verification",
)


@pytest.fixture
async def elsewhere(postgres_url: str) -> AsyncIterator[Views]:
    views = await open_views(postgres_url, projection())
    yield views
    await views.close()


async def test_both_engines_hold_the_same_tables(views: Views, elsewhere: Views) -> None:
    records = two_years(40).records
    for one in (views, elsewhere):
        for start in range(0, len(records), 50):
            await one.transact(partial(take, records=records[start : start + 50]))
    here = await views.transact(lambda connection: digest(connection, views.projection))
    there = await elsewhere.transact(lambda connection: digest(connection, elsewhere.projection))
    assert here.tables == there.tables
    assert len(set(here.tables.values())) == len(here.tables)


async def test_both_engines_answer_every_question_alike(
    views: Views, elsewhere: Views, key: ECKey, people: People, token_of: Callable[..., dict[str, str]]
) -> None:
    records = portfolio().records
    for one in (views, elsewhere):
        await one.transact(lambda connection: take(connection, records))
    sites = [ReportingSite(one, key, people, at(NOW)) for one in (views, elsewhere)]
    for group in ("auditors", "cards"):
        for question in QUESTIONS:
            answers: list[Any] = []
            for site in sites:
                answer = await site.client.get(f"/reporting/v1/{question}", headers=token_of(group))
                assert answer.status_code == 200, (question, answer.text)
                answers.append(answer.json())
            assert answers[0] == answers[1], question
    for site in sites:
        await site.client.aclose()
