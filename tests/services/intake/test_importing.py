"""Importing a portfolio through the API: every row accounted for, again and again, in any order, interrupted or not."""

import asyncio
import csv
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.commands.portfolio import in_words
from services.intake.importing import ImportResult, Options, Reviews, ServerUnreachable, prepare, run_import
from services.intake.importing.result import OUTCOMES
from shared.events.intake import SystemLaunched, SystemRegistered, SystemRetired, TierConfirmed, TierProposed
from tests.services.intake.portfolios import LABEL, MAPPING, SAMPLE, row, shuffled, write
from tests.services.intake.world import World, until

PORTFOLIO = [
    row("Planner"),
    row("Planner", extra="same again"),
    row("Namesake", purpose="One thing."),
    row("Namesake", purpose="Another thing."),
    row("In use", stage="Operation and Maintenance", launched="3/14/2024", label="Both"),
    row("In use since when", stage="Operation and Maintenance", label="Neither"),
    row("Gone", stage="Retired", retired="10/1/2024"),
    row("Oddly spelled", topic="Wizardry"),
    row("", purpose="It has no name."),
    row("=cmd()", bureau="", agency=""),
]


async def imported(world: World, file: Path, reviews: str = "all", **more: Any) -> ImportResult:
    patience, client = more.pop("patience", 5.0), more.pop("client", world.client)
    client.headers["Authorization"] = f"Bearer {world.token('olga')}"
    state = world.parts.settings.data / "imports"
    options = Options(file=file, mapping=MAPPING, reviews=Reviews.parse(reviews), state=state, **more)
    return await run_import(prepare(options), client, lambda done, total: None, patience=patience)


def outcomes(result: ImportResult) -> list[str]:
    return [one.outcome for one in result.ended]


async def kinds(world: World, kind: type) -> list[Any]:
    return [fact for fact in await world.facts() if isinstance(fact, kind)]


async def test_every_row_ends_as_exactly_one_thing_and_they_add_up(intake: World, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    result = await imported(intake, write(tmp_path / "p.csv", PORTFOLIO), compare_label=LABEL, report=report)
    assert outcomes(result) == ["registered", "merged", *["registered"] * 6, "refused", "refused"]
    assert sum(result.counts.values()) == len(PORTFOLIO)
    told = result.as_json()
    assert [one["line"] for one in told["refusals"]] == [10, 11]
    assert all(one["reason"] for one in told["refusals"])
    assert told["possible_duplicates"] == [[4, 5]]
    assert {"attribute": "sector", "spelling": "Wizardry", "rows": 1} in told["unseen"]
    assert told["agreement"]["labelled"] == 2
    with report.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["outcome"] for line in lines] == outcomes(result)
    assert lines[1]["merged_with_line"] == "2"


async def test_bytes_in_a_column_that_the_mapping_passes_over_cost_no_row(intake: World, tmp_path: Path) -> None:
    file = write(
        tmp_path / "p.csv", [row("A", extra="MARK"), row("A", extra="else"), row("B"), row("C", agency="MARK")]
    )
    file.write_bytes(file.read_bytes().replace(b"MARK", b"caf\x81"))
    result = await imported(intake, file)
    assert sorted(outcomes(result)) == ["merged", "refused", "registered", "registered"]
    assert [one["line"] for one in result.as_json()["refusals"]] == [5]


async def test_where_no_row_is_labelled_as_impacting_the_account_says_no_data(intake: World, tmp_path: Path) -> None:
    mild = await imported(intake, write(tmp_path / "p.csv", [row("A", label="Neither")]), compare_label=LABEL)
    assert "recall at tier high no data, share at tier high 0.000" in in_words(mild.as_json())
    bare = await imported(intake, write(tmp_path / "q.csv", [row("A")]), compare_label=LABEL)
    assert "recall at tier high no data, share at tier high no data" in in_words(bare.as_json())


async def test_a_triage_that_could_not_begin_is_told_in_words(intake: World, tmp_path: Path) -> None:
    intake.clock.set(datetime(2035, 12, 28, 9, tzinfo=UTC))
    file = write(tmp_path / "p.csv", [row(f"System {number}") for number in range(9)])
    result = await imported(intake, file, "1-per-day")
    assert outcomes(result) == ["registered"] * 9
    assert result.triage.refused
    assert f"triage not begun: {result.triage.refused[0]}" in in_words(result.as_json())


async def test_what_was_before_gatehouse_is_history(intake: World, tmp_path: Path) -> None:
    await imported(intake, write(tmp_path / "p.csv", PORTFOLIO))
    undated, dated = sorted(await kinds(intake, SystemLaunched), key=lambda fact: fact.dated)
    assert (dated.imported_history, dated.dated, dated.launched_at.isoformat()) == (
        True,
        True,
        "2024-03-14T00:00:00+00:00",
    )
    assert (undated.imported_history, undated.dated) == (True, False)
    (gone,) = await kinds(intake, SystemRetired)
    assert gone.imported_history
    confirmed = {fact.system_id for fact in await kinds(intake, TierConfirmed)}
    assert gone.system_id not in confirmed
    clocks = {fact.system_id: fact.triage_due_at for fact in await kinds(intake, TierProposed)}
    assert clocks[gone.system_id] is None


async def test_the_same_file_again_changes_nothing_in_whatever_order(intake: World, tmp_path: Path) -> None:
    file = write(tmp_path / "p.csv", PORTFOLIO)
    first = await imported(intake, file)
    end = (await intake.store.head()).next_position
    for again in (file, write(tmp_path / "q.csv", reversed(PORTFOLIO))):
        result = await imported(intake, again)
        expected = {"registered": 0, "amended": 0, "unchanged": first.counts["registered"], "merged": 1, "refused": 2}
        assert result.counts == expected
    assert (await intake.store.head()).next_position == end


async def test_what_changed_is_amended_and_what_changed_back_is_amended_back(intake: World, tmp_path: Path) -> None:
    before = write(tmp_path / "a.csv", [row("A"), row("B")])
    after = write(tmp_path / "b.csv", [row("A", topic="Law & Justice"), row("B", purpose="To do B better.")])
    await imported(intake, before)
    assert outcomes(await imported(intake, after)) == ["amended", "amended"]
    assert outcomes(await imported(intake, before)) == ["amended", "amended"]
    assert outcomes(await imported(intake, before)) == ["unchanged", "unchanged"]
    assert len(await kinds(intake, SystemRegistered)) == 2


async def test_a_namesake_that_comes_later_does_not_double_the_first(intake: World, tmp_path: Path) -> None:
    await imported(intake, write(tmp_path / "a.csv", [row("A")]))
    both = write(tmp_path / "b.csv", [row("A", purpose="Else."), row("A")])
    assert outcomes(await imported(intake, both)) == ["registered", "unchanged"]
    assert outcomes(await imported(intake, both)) == ["unchanged", "unchanged"]
    assert outcomes(await imported(intake, write(tmp_path / "c.csv", [row("A")]))) == ["unchanged"]


async def test_what_goes_live_after_it_was_imported_is_news_and_not_history(intake: World, tmp_path: Path) -> None:
    await imported(intake, write(tmp_path / "a.csv", [row("A"), row("B")]))
    later = [row("A", stage="Operation and Maintenance"), row("B", stage="Retired")]
    assert outcomes(await imported(intake, write(tmp_path / "b.csv", later))) == ["amended", "amended"]
    (launched,) = await kinds(intake, SystemLaunched)
    assert not launched.imported_history
    (gone,) = await kinds(intake, SystemRetired)
    assert not gone.imported_history


@pytest.mark.parametrize(("reviews", "days"), [("all", [0] * 5), ("2-per-day", [0, 0, 1, 1, 2]), ("none", [])])
async def test_reviews_spread_the_clocks_over_business_days(
    intake: World, tmp_path: Path, reviews: str, days: Sequence[int]
) -> None:
    file = write(tmp_path / "p.csv", [row(f"System {number}") for number in range(5)])
    result = await imported(intake, file, reviews)
    await intake.settled()
    queue = (await intake.get("/triage", who="tess")).json()["items"]
    due = sorted(item["due_at"][:10] for item in queue if item["due_at"] is not None)
    assert due == [f"2026-03-{2 + day:02}" for day in days]
    assert len(queue) == 5
    assert result.triage.begun == (len(days) if reviews != "all" else 0)


async def test_what_was_held_can_be_taken_up_by_a_later_import(intake: World, tmp_path: Path) -> None:
    file = write(tmp_path / "p.csv", [row("A"), row("Gone", stage="Retired")])
    await imported(intake, file, "none")
    result = await imported(intake, file, "all")
    assert outcomes(result) == ["unchanged", "unchanged"]
    assert result.triage.begun == 1


class Broken(httpx2.AsyncBaseTransport):
    """A way to the server that breaks after so many requests, and in the middle of the last answer."""

    def __init__(self, world: World, requests: int) -> None:
        self._inner, self._left = httpx2.ASGITransport(app=world.app), requests

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._left -= 1
        if self._left < 0:
            raise httpx2.ConnectError("nobody answers")
        answer = await self._inner.handle_async_request(request)
        if self._left or not request.url.path.endswith(":batch"):
            return answer
        content = await answer.aread()
        return httpx2.Response(200, headers=answer.headers, stream=Torn(content[: len(content) // 2]))


class Torn(httpx2.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> Any:
        yield self._content
        raise httpx2.ReadError("the connection was lost")


async def test_an_import_cut_off_in_the_middle_goes_on_where_it_was(intake: World, tmp_path: Path) -> None:
    file = write(tmp_path / "p.csv", [row(f"System {number}") for number in range(250)])
    async with httpx2.AsyncClient(transport=Broken(intake, 2), base_url="http://localhost") as client:
        with pytest.raises(ServerUnreachable):
            await imported(intake, file, client=client, patience=0.2)
    assert 100 <= len(await kinds(intake, SystemRegistered)) < 250
    result = await imported(intake, file)
    assert result.resumed
    assert outcomes(result) == ["registered"] * 250  # of the whole run: what the first half did is told once more
    assert len(await kinds(intake, SystemRegistered)) == 250
    assert outcomes(await imported(intake, file)) == ["unchanged"] * 250


async def test_an_import_killed_in_the_middle_goes_on_where_it_was(intake: World, tmp_path: Path) -> None:
    file = write(tmp_path / "p.csv", [row(f"System {number}") for number in range(250)])
    working = asyncio.create_task(imported(intake, file))
    await until(lambda: kinds(intake, SystemRegistered))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    result = await imported(intake, file)
    assert (result.resumed, outcomes(result)) == (True, ["registered"] * 250)
    assert len(await kinds(intake, SystemRegistered)) == 250


@pytest.mark.skipif(not SAMPLE.exists(), reason="the folder of samples does not stand beside the checkout")
@pytest.mark.timeout(600)
async def test_a_real_portfolio_of_1067_rows_is_accounted_for_twice_and_in_another_order(
    intake: World, tmp_path: Path
) -> None:
    first = await imported(intake, SAMPLE, "50-per-day", compare_label=LABEL)
    assert len(first.ended) == sum(first.counts.values()) == 1067
    assert set(outcomes(first)) <= set(OUTCOMES)
    assert first.agreement is not None
    assert first.agreement.recall_high is not None
    assert first.agreement.recall_high >= 0.80
    assert first.agreement.share_high is not None
    assert first.agreement.share_high <= 0.30
    end = (await intake.store.head()).next_position
    order = random.Random(7).sample(range(1067), 1067)
    again = await imported(intake, shuffled(SAMPLE, tmp_path / "shuffled.csv", order), "50-per-day")
    assert again.counts == {
        "registered": 0,
        "amended": 0,
        "unchanged": first.counts["registered"],
        "merged": first.counts["merged"],
        "refused": first.counts["refused"],
    }
    by_outcome = [
        {(one.name, one.outcome) for one in each.ended if one.outcome in ("merged", "refused")}
        for each in (first, again)
    ]
    assert by_outcome[0] == by_outcome[1]
    assert (await intake.store.head()).next_position == end
