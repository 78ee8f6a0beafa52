"""Where the table of bad input is shown, and how it gets there."""

import re
from pathlib import Path
from typing import Final

from tests.hostile.cases import as_markdown

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
_SECTION: Final = re.compile(r"(<!-- hostile -->\n).*?(<!-- /hostile -->)", flags=re.DOTALL)


def written(page: str) -> str:
    """The page with the table as it is now between its markers."""
    return _SECTION.sub(lambda found: f"{found[1]}\n{as_markdown()}\n\n{found[2]}", page)
