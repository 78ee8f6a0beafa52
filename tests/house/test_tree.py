"""The repository speaks of the product alone, and its rooms have the names that everybody knows."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

# A letter of each in brackets, so that this file does not hold what it looks for.
PLACES_OF_ONE_MACHINE = re.compile(rb"(?<![\w.$}/])/(wor[k]|roo[t]|hom[e])/\w|\.r-see[d]-")
REGISTRIES = re.compile(
    rb"pyp[i]\.org/simple|pythonhoste[d]\.org|repo1?\.mave[n]|registry\.npmj[s]|crate[s]\.io|"
    rb"debia[n]\.org|--(extra-)?index-ur[l]|--find-link[s]"
)
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


@pytest.mark.parametrize("pattern", [PLACES_OF_ONE_MACHINE, REGISTRIES], ids=["machine", "registry"])
def test_no_file_names_a_machine_or_a_registry(pattern: re.Pattern[bytes]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()!r}"
        for path in tracked()
        for hit in pattern.finditer(path.read_bytes())
    ]
    # the one option by which uv leaves addresses out of the lock
    assert [
        line for line in found if not line.startswith(("Makefile: b'--no-emit", "CONTRIBUTING.md: b'--no-emit"))
    ] == []


def test_the_patterns_find_what_they_look_for() -> None:
    assert PLACES_OF_ONE_MACHINE.search(b"cd /" + b"home/someone")
    assert REGISTRIES.search(b"--index-" + b"url https://mirror")


def test_no_room_has_a_name_that_says_nothing() -> None:
    parts = {part.removesuffix(".py") for path in tracked() for part in path.relative_to(ROOT).parts}
    assert parts & NAMES_THAT_SAY_NOTHING == set()


def test_no_file_is_left_over() -> None:
    leftovers = [path for path in tracked() if path.suffix in (".orig", ".rej", ".bak", ".pyc", ".log", ".db", ".swp")]
    assert leftovers == []


def test_the_root_holds_what_the_layout_says() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    assert folders == {".ci", "deploy", "docs", "services", "shared", "tests"}


def test_ci_runs_the_one_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "CI=true" in script
    assert script.rstrip().endswith("make test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_file_ends_with_a_line_break() -> None:
    text = [
        path for path in tracked() if path.suffix in (".py", ".md", ".yaml", ".yml", ".toml", ".sql", ".txt", ".sh")
    ]
    assert [str(path.relative_to(ROOT)) for path in text if not ends_well(path)] == []


def ends_well(path: Path) -> bool:
    content = path.read_bytes()
    return not content or (content.endswith(b"\n") and b"\r\n" not in content)
