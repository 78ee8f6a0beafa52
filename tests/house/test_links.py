"""A link in a document of ours leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    broken = [target for target in LINK.findall(document.read_text()) if not (document.parent / target).exists()]
    assert broken == []
