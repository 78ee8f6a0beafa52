"""Which rows are one system, whatever their order."""

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.importing.plan import Plan, plan
from services.intake.mappings import Mapping, Row, load_mapping
from tests.services.intake.portfolios import MAPPING, row, write


@cache
def mapping() -> Mapping:
    return load_mapping(MAPPING)


def rows_of(tmp_path: Path, *rows: dict[str, str]) -> list[Row]:
    found = mapping().read(write(tmp_path / "portfolio.csv", rows))
    return [one for one in found if isinstance(one, Row)]


def said(planned: Plan) -> set[tuple[str, str, int]]:
    """What a plan amounts to, but for the lines on which rows happen to stand."""
    return {(one.external_key, str(sorted(one.row.raw.items())), len(one.merged)) for one in planned.systems}


def test_rows_that_agree_are_one_system_whatever_else_they_say(tmp_path: Path) -> None:
    planned = plan(rows_of(tmp_path, row("A", extra="one"), row("A", extra="two"), row("B")), MAPPING)
    assert [len(one.merged) for one in planned.systems] == [1, 0]
    assert planned.possible_duplicates == ()


@pytest.mark.parametrize("other", [{"purpose": "Another one."}, {"purpose": ""}, {"topic": "Other"}], ids=str)
def test_rows_of_one_key_that_differ_are_two_systems_and_possible_duplicates(
    tmp_path: Path, other: dict[str, str]
) -> None:
    planned = plan(rows_of(tmp_path, row("A"), row("A", **other)), MAPPING)
    assert len({one.external_key for one in planned.systems}) == 2
    assert planned.possible_duplicates == ((2, 3),)


def test_a_row_that_agrees_with_one_of_two_namesakes_is_merged_into_that_one(tmp_path: Path) -> None:
    planned = plan(rows_of(tmp_path, row("A"), row("A", purpose="Else."), row("A")), MAPPING)
    assert sorted(len(one.merged) for one in planned.systems) == [0, 1]


def test_a_namesake_that_comes_later_leaves_the_first_its_identity(tmp_path: Path) -> None:
    (alone,) = plan(rows_of(tmp_path, row("A")), MAPPING).systems
    first, second = plan(rows_of(tmp_path, row("A"), row("A", purpose="Else.")), MAPPING).systems
    assert alone.external_key in first.aliases
    assert first.external_key in alone.aliases
    assert second.external_key not in (*alone.aliases, alone.external_key)


cells = st.fixed_dictionaries(
    {
        "name": st.sampled_from("AB"),
        "purpose": st.sampled_from(["", "To help.", "To hinder."]),
        "topic": st.sampled_from(["Other", "Law & Justice"]),
        "extra": st.sampled_from("xyz"),
    }
)


@given(rows=st.lists(cells, min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    there = rows_of(folder, *(row(**one) for one in rows))
    other = list(there)
    random.Random(seed).shuffle(other)
    assert said(plan(there, MAPPING)) == said(plan(other, MAPPING))
    keys = [one.external_key for one in plan(there, MAPPING).systems]
    assert len(keys) == len(set(keys))
    assert sum(1 + len(one.merged) for one in plan(there, MAPPING).systems) == len(there)
