"""A link in a document of ours leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([\w-]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    broken = [link for link in LINK.findall(document.read_text()) if not _leads_somewhere(document, *link)]
    assert broken == []


def test_control_a_page_or_a_heading_that_there_is_not_is_found() -> None:
    document = ROOT / "docs" / "auditing.md"
    assert _leads_somewhere(document, "reliability.md", "strangers-tools")
    assert not _leads_somewhere(document, "reliability.md", "friends-tools")
    assert not _leads_somewhere(document, "no-such-page.md", "")


def _leads_somewhere(document: Path, target: str, heading: str) -> bool:
    page = document.parent / target if target else document
    if not page.exists():
        return False
    return not heading or heading in {_slug(found) for found in HEADING.findall(page.read_text())}


def _slug(heading: str) -> str:
    """The name under which GitHub links a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
