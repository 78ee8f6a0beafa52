"""What the tools of others said of ours: told by the tests that asked them, read by `tests.figures` for the page."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

PROPERTY: Final = "said"
LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of a tool. In a `control` it was shown what was tampered with or broken."""

    tool: str
    version: str
    read: str
    words: str
    control: bool


class Tell(Protocol):
    """Passes on what a tool said."""

    def __call__(self, tool: str, version: str, read: str, words: str, *, control: bool = False) -> None:
        """`read` is what it was shown, `words` its answer."""


def as_property(said: Said) -> tuple[str, str]:
    """Name and value of the property of a test."""
    return PROPERTY, json.dumps(asdict(said))


def in_report(junit: Path) -> Iterator[Said]:
    """What was said in the tests that passed, from pytest's report in JUnit's XML."""
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 - our own test run wrote it
        if any(case.find(outcome) is not None for outcome in ("failure", "error", "skipped")):
            continue
        for each in case.iter("property"):
            if each.get("name") == PROPERTY:
                yield Said(**json.loads(each.get("value", "")))


def as_markdown(said: Iterable[Said]) -> str:
    """A line for each tool: what it read and said, and what it said of what was tampered with."""
    lines = ["| tool | version | read, and said | shown what is tampered with or broken |", "|---|---|---|---|"]
    for (tool, version), mine in groupby(sorted(said, key=_tool), key=_tool):
        all_of_it = list(mine)
        good, control = (_cell([one for one in all_of_it if one.control is side]) for side in (False, True))
        lines.append(f"| {tool} | {version} | {good} | {control} |")
    return "\n".join(lines)


def _tool(said: Said) -> tuple[str, str]:
    return said.tool, said.version


def _cell(said: Sequence[Said]) -> str:
    words = (f"{one.read}: {_short(one.words)}" for one in sorted(said, key=lambda one: one.read))
    return "<br>".join(words) or "**was not asked**"


def _short(words: str) -> str:
    line = " ".join(words.split()).replace("|", "\\|").replace("`", "'")
    return f"`{line if len(line) <= LONGEST else line[:LONGEST] + ' …'}`"
