"""What the database adds up is what the definitions say of every single history, whatever is asked by whom."""

import asyncio
from collections.abc import Sequence
from itertools import cycle

import pytest
from sqlalchemy import event

from services.reporting.domain.cases import Question
from services.reporting.domain.cut import Cut, Period, Sight
from services.reporting.domain.histories import SystemHistory, written
from services.reporting.domain.kpis import DEFINITIONS, Segment, answer
from services.reporting.queries.book import decoded, histories_for
from services.reporting.queries.cases import each, summed
from services.reporting.queries.kpis import MOST_KNOWN, Asking, Months, report
from services.reporting.queries.reading import EVERYTHING, Scope
from shared.events import intake, review
from shared.log.views import Views
from shared.runtime.principals import Grant, Principal
from tests.domain.reporting.facts import (
    asked_for_answers,
    at,
    clock_started,
    confirmed,
    decided,
    discovered,
    launched,
    opened,
    proposed,
    registered,
    scored,
    settled,
    submitted,
    withdrawn,
)
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.records import Story, Tale
from tests.services.reporting.stories import portfolio
from tests.services.reporting.years import two_years


def turns() -> Story:
    """What the others do not tell: taken back and submitted again, found and registered, learned of late, sent back."""
    story = Tale()
    story.tell("2026-01-05", discovered("d-1", "Cards"))
    story.tell("2026-02-03", registered("t-1", "Cards", discovery_id="d-1"))
    story.tell("2026-03-01", settled("d-1", "t-1"))
    for one in ("t-1", "t-2"):
        story.tell("2026-02-03", submitted(one))
        story.tell("2026-02-04", proposed(one, "high"))
    story.tell("2026-02-01", registered("t-2", "Loans"))
    story.tell("2026-02-10", withdrawn("t-2"))
    story.tell("2026-02-20", submitted("t-2", 2))
    story.tell("2026-02-05", asked_for_answers("t-1"))
    story.tell("2026-02-09", proposed("t-1", "high"))
    story.tell("2026-02-11", confirmed("t-1", "high", area="Cards"))
    story.tell("2026-02-11", opened("r-1", "t-1", "high", area="Cards"), system="t-1")
    story.tell("2026-02-14", scored("r-1", 5, 9), system="t-1")
    story.tell("2026-02-16", scored("r-1", 9, 9), system="t-1")
    story.tell("2026-02-26", decided("r-1", "t-1", "2026-02-25", product_area="Cards"), system="t-1")
    story.tell("2026-02-12", opened("r-2", "t-2", "high", area="Loans"), system="t-2")
    story.tell("2026-02-19", review.ReviewWithdrawn(review_id="r-2", system_id="t-2", reason="no more"), system="t-2")
    story.tell("2026-02-15", launched("t-2", "2025-11-01", imported=True), recorded="2026-03-02")
    _risen_or_not(story)
    return story.story()


def _risen_or_not(story: Tale) -> None:
    """A rise in tier that was taken back, and one to a prohibited use, of systems that are live."""
    for one, tier in (("t-3", "low"), ("t-4", "high")):
        story.tell("2026-01-02", registered(one, "Cards"))
        story.tell("2026-01-02", submitted(one))
        story.tell("2026-01-03", confirmed(one, tier, area="Cards"))
        story.tell("2026-01-03", opened(f"r-{one}", one, tier, area="Cards"), system=one)
        decision = decided(f"r-{one}", one, "2026-01-05", tier=tier, product_area="Cards")
        story.tell("2026-01-05", decision, system=one)
        story.tell("2026-01-06", launched(one, "2026-01-06"))
    story.tell("2026-02-01", submitted("t-3", 2))
    story.tell("2026-02-01", proposed("t-3", "high", nth=2))
    story.tell("2026-02-08", withdrawn("t-3", 2))
    story.tell("2026-02-20", confirmed("t-4", "prohibited", nth=2, area="Cards"))


def taken_back() -> Story:
    """Discoveries whose systems were withdrawn, by each way of answering one, and reviews withdrawn."""
    story = Tale()
    found = {"d-1": "Cards", "d-2": "Cards", "d-3": "Loans", "d-4": "Cards", "d-5": "Loans"}
    for discovery, area in found.items():
        story.tell("2026-01-05", discovered(discovery, area, live=discovery != "d-5"))
    named = {"n-1": "d-1", "n-2": "d-3", "n-3": "d-3", "n-4": "d-4", "n-5": "d-5"}
    for system, discovery in named.items():
        story.tell("2026-01-10", registered(system, found[discovery], discovery_id=discovery))
        story.tell("2026-01-10", submitted(system))
        story.tell("2026-01-11", settled(discovery, system))
    story.tell("2026-01-10", registered("p-1", "Cards"))
    story.tell("2026-01-10", submitted("p-1"))
    story.tell("2026-01-12", settled("d-2", "p-1"))
    story.tell("2026-02-06", launched("n-4", "2026-02-06"))
    for system in (*named, "p-1"):
        story.tell("2026-02-08", withdrawn(system), recorded="2026-02-20" if system == "n-5" else None)
    for day, system in (("2026-02-12", "n-3"), ("2026-02-26", "n-1")):
        story.tell(day, submitted(system, 2))
    for review_id, system, due in (("r-1", "n-1", "2026-02-01"), ("r-2", "p-1", "2026-02-20")):
        story.tell("2026-01-12", opened(review_id, system, "high", area="Cards"), system=system)
        story.tell("2026-01-13", clock_started(review_id, "2026-01-13", due), system=system)
        gone = review.ReviewWithdrawn(review_id=review_id, system_id=system, reason="taken back")
        story.tell("2026-02-08", gone, system=system)
    return story.story()


NARROW = Scope(
    Principal(person="p", issuer="i", subject="s", grants=(Grant("requester", "product_area", "Cards"),)).reach()
)
INSTANTS = ("2025-06-30", "2026-01-31 09:00", "2026-02-04", "2026-02-10", "2026-02-25", "2026-03-01", "2026-11-20")
PERIODS = (None, "2025-Q4", "2026-01", "2026-02")
SEGMENTS = (Segment(), Segment(tier="high"), Segment(product_area="Cards"), Segment("low", "Claims"))


STORIES = {"portfolio": portfolio(), "turns": turns(), "taken back": taken_back(), "years": two_years(40)}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("scope", [EVERYTHING, NARROW], ids=["everything", "narrow"])
@pytest.mark.parametrize("sight", ["true", "known"])
async def test_sums_are_what_the_cases_come_to(
    tell: Tell, views: Views, story: Story, scope: Scope, sight: Sight
) -> None:
    await tell(story)
    told = 0
    async with views.reading() as connection:
        for question, segment in _asked(sight):
            for definition in DEFINITIONS.values():
                cases = await each(connection, scope, definition, question, segment)
                sums = await summed(connection, scope, definition, question, segment)
                assert answer(definition, sums, segment, []) == answer(definition, cases, segment, []), question
                told += len(cases)
    assert told > 12


@pytest.mark.parametrize("sight", ["true", "known"])
async def test_a_system_that_moved_keeps_the_approval_that_it_was_launched_with(
    tell: Tell, views: Views, sight: Sight
) -> None:
    story = Tale()
    story.tell("2026-01-01", registered("t-1", "Loans"))
    story.tell("2026-01-01", submitted("t-1"))
    story.tell("2026-01-02", confirmed("t-1", "high", area="Loans"))
    story.tell("2026-01-02", opened("r-1", "t-1", "high", area="Loans"), system="t-1")
    story.tell("2026-01-09", decided("r-1", "t-1", "2026-01-01", product_area="Loans"), system="t-1")
    story.tell("2026-01-10", launched("t-1", "2026-01-10"))
    moved = submitted("t-1")
    told = {name: getattr(moved, name) for name in ("intake_id", "form_version", "name", "answers", "texts", "owner")}
    amended = intake.IntakeAmended(
        system_id="t-1", revision=2, changed=("product_area",), origin="api", product_area="Cards", **told
    )
    story.tell("2026-01-20", amended)
    await tell(story.story())
    definition, question = DEFINITIONS["high-risk-coverage"], Question(Cut.of(at("2026-02-01"), sight))
    async with views.reading() as connection:
        for ask in (summed, each):
            (case,) = await ask(connection, NARROW, definition, question, Segment())
            assert (case.subject, case.numerator, case.denominator) == ("t-1", 1, 1)


@pytest.mark.parametrize("scope", [EVERYTHING, NARROW], ids=["everything", "narrow"])
async def test_what_was_known_is_read_once_for_all_kpis_and_months(tell: Tell, views: Views, scope: Scope) -> None:
    await tell(portfolio())
    asking = Asking(as_of=at("2026-03-01"), sight="known")
    read: list[str] = []
    async with views.reading() as connection:
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda _, __, statement, *___: read.append(statement) if ".history" in statement else None,
        )
        found = await report(connection, scope, asking, [])
        trends = {one.id: await Months().trend(connection, scope, one, asking, 3) for one in DEFINITIONS.values()}
    assert 0 < len(read) <= 5
    for one in found.answers:
        async with views.reading() as connection:
            book = await histories_for(connection, scope, asking.question.cut)
            (*_, newest) = await Months().trend(connection, scope, one.definition, asking, 1)
        assert answer(one.definition, list(one.definition.cases(book, asking.question)), Segment(), []) == one
        assert trends[one.definition.id][-1] == newest


async def test_other_requests_have_their_turns_while_many_histories_are_parsed() -> None:
    texts = [written(SystemHistory(f"s-{number}")) for number in range(20_000)]
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.ensure_future(others())
    found = await decoded(texts, SystemHistory)
    waiting.cancel()
    assert [one.system_id for one in found[::10_000]] == ["s-0", "s-10000"]
    assert turns > 1


def _asked(sight: Sight) -> Sequence[tuple[Question, Segment]]:
    """Every instant with every period, and each of both with every segment: not all three with one another."""
    periods = [None if name is None else Period.parse(name) for name in PERIODS]
    segments, asked = cycle(SEGMENTS), []
    for instant in INSTANTS:
        for period in periods:
            question = Question(Cut.of(at(instant), sight, period), period)
            asked.append((question, next(segments)))
        next(segments)  # the next instant meets the periods with others
    return asked


@pytest.mark.parametrize(
    ("as_of", "again"), [("2026-02-07", 0), ("2026-02-10", 2), ("2026-02-25", 2), ("2026-03-01", 1)]
)
async def test_the_sums_count_a_discovery_again_whose_system_is_taken_back(
    tell: Tell, views: Views, as_of: str, again: int
) -> None:
    await tell(taken_back())
    question = Question(Cut.of(at(as_of)))
    async with views.reading() as connection:
        cases = await summed(connection, NARROW, DEFINITIONS["coverage"], question, Segment(tier="none"))
    assert len([one for one in cases if one.subject.startswith("d-")]) == again


async def test_months_that_are_over_are_kept_until_a_fact_arrives(tell: Tell, views: Views) -> None:
    story, months, asking = portfolio(), Months(), Asking(as_of=at("2026-02-25"))
    await tell(story)
    coverage = DEFINITIONS["coverage"]
    async with views.reading() as connection:
        first = await months.trend(connection, EVERYTHING, coverage, asking, 3)
        assert months.kept == 2
        assert await months.trend(connection, EVERYTHING, coverage, asking, 3) == first
        await months.trend(connection, NARROW, coverage, asking, 3)
        assert months.kept == 2
    story.tell("2026-01-25", registered("s-9"))
    await tell(story)
    async with views.reading() as connection:
        second = await months.trend(connection, EVERYTHING, coverage, asking, 3)
    assert second[1][1].main.denominator == first[1][1].main.denominator + 1


async def test_no_more_months_are_kept_than_fit(tell: Tell, views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_KNOWN <= 10_000
    monkeypatch.setattr("services.reporting.queries.kpis.MOST_KNOWN", 4)
    await tell(portfolio())
    months = Months()
    async with views.reading() as connection:
        for definition in DEFINITIONS.values():
            await months.trend(connection, EVERYTHING, definition, Asking(as_of=at("2026-02-25")), 12)
    assert months.kept == 4
