"""A decision is one page: why, what, what it costs, and what in this repository holds us to it."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Cost", "Enforced by"]


def test_they_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_its_four_parts(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    assert re.match(rf"# {int(page.name[:4])}\. \S", text)
    bodies = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(len(body.split()) >= 12 for body in bodies), "a part says next to nothing"
    assert len(text.splitlines()) <= 80, "one page"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_enforces_it_exists(page: Path) -> None:
    enforced = page.read_text().split("## Enforced by")[1]
    places = re.findall(r"`((?:shared|services|tests|deploy|docs|pyproject)[\w./-]*)(?:::\w+)?`", enforced)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_index_lists_them_all() -> None:
    linked = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (FOLDER / "README.md").read_text())
    assert linked == [page.name for page in PAGES]
