"""What tools said is taken from tests that passed, and a tool that was shown nothing false is told."""

import subprocess
import sys
from pathlib import Path

from tests.house.tree import ROOT
from tests.strangers.said import LONGEST, Said, as_markdown, in_report

ASKING = """
import pytest
from tests.strangers.said import Said, as_property

@pytest.mark.parametrize("words", ["sound", "wrong"])
def test_it(words, record_property):
    record_property(*as_property(Said("a tool", "1.2", "a log", words, False)))
    record_property("other", "x")
    assert words == "sound"
"""


def test_only_what_was_said_in_tests_that_passed_counts(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(ASKING)
    ours = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"]  # as the strangers' own tests are run
    command = [sys.executable, "-m", "pytest", "-q", *ours, str(tmp_path)]
    done = subprocess.run([*command, f"--junitxml={tmp_path / 'junit.xml'}"], cwd=ROOT, check=False)
    assert done.returncode == 1
    assert list(in_report(tmp_path / "junit.xml")) == [Said("a tool", "1.2", "a log", "sound", False)]


def test_each_tool_has_a_line_with_both_sides() -> None:
    said = [
        Said("b", "2", "a page", "fine | so", False),
        Said("a", "1", "a tampered log", "x" * 500, True),
        Said("a", "1", "a log", "sound", False),
    ]
    assert as_markdown(said).splitlines()[2:] == [
        f"| a | 1 | a log: `sound` | a tampered log: `{'x' * LONGEST} …` |",
        "| b | 2 | a page: `fine \\| so` | **was not asked** |",
    ]
