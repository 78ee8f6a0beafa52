"""What is installed is what was locked: every requirement has its hashes, and no file says where it came from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

RUNTIME, ALL = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)(\[[a-z,]+\])?==(?P<version>\S+)( ; .+)? \\$")


def locked(file: Path) -> dict[str, str]:
    """Name to version of each requirement; fails on a line that is neither a pin, one of its hashes, nor a comment."""
    versions: dict[str, str] = {}
    hashes: dict[str, int] = {}
    name = ""
    for line in file.read_text().splitlines():
        if pin := PIN.match(line):
            name = pin["name"]
            versions[name], hashes[name] = pin["version"], 0
        elif re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", line):
            hashes[name] += 1
        else:
            assert line.lstrip().startswith("#"), f"{file.name}: {line}"
    assert not [name for name, count in hashes.items() if count == 0]
    return versions


def declared(*, dev: bool) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + (project["optional-dependencies"]["dev"] if dev else [])
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_what_the_project_declares_is_locked() -> None:
    assert declared(dev=False) <= locked(RUNTIME).keys()
    assert declared(dev=True) <= locked(ALL).keys()


def test_tests_run_on_the_versions_that_production_gets() -> None:
    assert locked(RUNTIME).items() <= locked(ALL).items()


def test_a_locked_version_is_one_that_the_project_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = locked(ALL)
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)], prereleases=True), line


def test_a_requirement_without_hashes_is_noticed(tmp_path: Path) -> None:
    bare = tmp_path / "requirements.txt"
    bare.write_text("left-pad==1.0 \\\n    # via nobody\n")
    with pytest.raises(AssertionError):
        locked(bare)
