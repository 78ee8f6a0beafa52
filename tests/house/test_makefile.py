"""`make help` tells every target, and every target is a promise that the README may make."""

import re
import subprocess

from tests.house.tree import ROOT


def targets() -> set[str]:
    return set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def told() -> str:
    return subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_help_lists_every_target() -> None:
    assert set(re.findall(r"^  make (\S+) +\S", told(), flags=re.MULTILINE)) == targets()


def test_the_promised_targets_exist() -> None:
    assert targets() >= {"help", "setup", "up", "demo", "platform", "test", "fmt", "lint", "types", "walls"}


def test_help_is_in_groups() -> None:
    groups = re.findall(r"^([A-Z].*)$", told(), flags=re.MULTILINE)
    assert len(groups) >= 3


def test_the_readme_names_only_targets_that_exist() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    named = {name for file in documents for name in re.findall(r"`make ([a-z]+)", file.read_text())}
    assert named
    assert named <= targets()


def test_what_speaks_json_is_not_preceded_by_the_command_that_make_runs() -> None:
    recipes = re.findall(r"^(demo|up|platform): [^\n]*\n\t(.)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert dict(recipes) == {"demo": "@", "up": "@", "platform": "@"}
