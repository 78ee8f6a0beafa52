"""The bench's machinery works: ratios come from real runs, floors are held, the page takes what was measured.

How fast anything is, is no test's matter: `make bench` says it, on a machine that does nothing else.
"""

import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from rich.console import Console

from services.bench.growth import SIZES, sizes_up_to
from services.bench.parts import PARTS
from tests.bench.__main__ import measured, with_earlier
from tests.bench.bench import Bench, Form
from tests.bench.figure import Figure, Samples, figures, pairs
from tests.bench.page import PAGE, SECTIONS, growth_table, section
from tests.bench.plot import plotted
from tests.bench.report import Done, as_json, as_markdown
from tests.journey.places import gatehouse

pytestmark = pytest.mark.slow
MACHINE = {"processors": 2, "model": "a processor", "memory_gib": 8, "system": "Linux x86_64", "python": "3.11"}
LOCAL = {"verify", "rebuild", "kpis", "intakes-noop"}
"""Figures that need no engine."""


async def nothing(bench: Bench) -> Samples:
    return Samples(ours=[1.0])


def a_figure(**more: Any) -> Figure:
    return Figure(**{"name": "one", "what": "a thing", "unit": "events/s", "measure": nothing} | more)


@pytest.fixture(scope="module")
def done() -> list[Done]:
    """The figures that need no engine, on the smallest portfolio there is."""
    chosen = [figure for figure in figures() if figure.name in LOCAL]
    return measured(chosen, Form.TINY, Console(file=io.StringIO()))


def test_every_figure_is_measured_by_real_runs(done: list[Done]) -> None:
    assert {each.figure.name for each in done} == LOCAL
    for each in done:
        assert each.samples is not None
        assert all(sample > 0 for sample in (*each.samples.ours, *each.samples.theirs))
        assert bool(each.samples.theirs) == bool(each.figure.against)


def test_a_ratio_is_that_of_its_samples(done: list[Done]) -> None:
    told = as_json(done, MACHINE, "tiny")["figures"]
    compared = [one for one in told if one["theirs"]]
    assert {one["name"] for one in compared} == LOCAL - {"kpis"}
    for one in compared:
        assert one["value"] == median(a / b for a, b in zip(one["ours"], one["theirs"], strict=True))


def test_the_page_shows_every_figure(done: list[Done]) -> None:
    table = as_markdown(done, MACHINE)
    assert all(f"| {each.figure.what} |" in table for each in done)


def test_a_figure_taken_by_itself_joins_the_earlier_ones_of_its_form(done: list[Done], tmp_path: Path) -> None:
    kept = tmp_path / "bench.json"
    kept.write_text(json.dumps(as_json(done, MACHINE, "tiny")))
    again = [Done(figure=each.figure, samples=Samples(ours=[1.0])) for each in done if each.figure.name == "kpis"]
    joined = with_earlier(again, Form.TINY, kept)
    assert [each.figure.name for each in joined] == [each.figure.name for each in done]
    assert [each.samples for each in joined if each.figure.name == "kpis"] == [Samples(ours=[1.0])]
    assert with_earlier(again, Form.FULL, kept) == again


async def test_pairs_are_taken_in_turn_and_the_first_does_not_count() -> None:
    order, numbers = [], iter(range(1, 100))

    async def ours() -> float:
        order.append("ours")
        return float(next(numbers))

    async def theirs() -> float:
        order.append("theirs")
        return 2.0

    taken = await pairs(5, ours, theirs)
    assert order == ["ours", "theirs"] * 6
    assert taken == Samples(ours=[2, 3, 4, 5, 6], theirs=[2] * 5)
    assert taken.value == 2


@pytest.mark.parametrize(
    ("value", "more", "missed", "outcome"),
    [
        (0.4, True, True, "FLOOR MISSED"),
        (0.5, True, False, "floor"),
        (0.9, True, False, "aim"),
        (0.4, False, False, "aim"),
        (0.6, False, True, "FLOOR MISSED"),
    ],
)
def test_a_floor_is_held_in_the_direction_of_the_figure(value: float, more: bool, missed: bool, outcome: str) -> None:
    aim = 0.8 if more else 0.45
    each = Done(figure=a_figure(floor=0.5, aim=aim, more=more), samples=Samples(ours=[value]))
    assert (each.missed, each.outcome) == (missed, outcome)


def test_the_short_form_leaves_out_only_what_needs_the_platform() -> None:
    assert {figure.name for figure in figures() if not figure.in_short} == {"visible-platform", "append-frozen"}


def test_the_page_has_a_place_for_everything_that_is_measured() -> None:
    page = PAGE.read_text()
    assert [name for name in SECTIONS if section(name).search(page) is None] == []


def test_growth_is_measured_at_the_usual_sizes_and_at_the_end() -> None:
    assert sizes_up_to(SIZES[-1]) == list(SIZES)
    assert sizes_up_to(20_000) == [10_000, 20_000]
    assert sizes_up_to(1_000) == [1_000]


def test_the_growth_run_measures_every_part_and_its_memory() -> None:
    found = gatehouse("bench", "growth", "--events", "1000")
    assert found["events"] == [1_000]
    assert list(found["parts"]) == list(PARTS)
    for part in found["parts"].values():
        assert part["values"][0] > 0
        assert part["memory_mib"][0] > 50
    drawn = ET.fromstring(plotted(found))  # noqa: S314 - our own drawing
    assert len(re.findall("circle", ET.tostring(drawn).decode())) == len(PARTS)
    assert all(f"| {name} |" in growth_table(found) for name in PARTS)
