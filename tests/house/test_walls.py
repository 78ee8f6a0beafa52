"""The import contracts name every room that they are about, and each of them can fail."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

CONTRACTS: dict[str, Any] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if (folder / "domain").is_dir())


def rooms(name: str) -> set[str]:
    """`services.<service>.<name>` of every service that has that room, as a file or as a package."""
    places = [ROOT / "services" / service / name for service in SERVICES]
    return {
        f"services.{place.parent.name}.{name}"
        for place in places
        if place.is_dir() or place.with_suffix(".py").is_file()
    }


def test_the_four_services_are_kept_apart() -> None:
    assert SERVICES == ["intake", "monitoring", "reporting", "review"]
    assert sorted(CONTRACTS["services-independent"]["modules"]) == [f"services.{service}" for service in SERVICES]


def test_every_domain_is_held_pure() -> None:
    assert rooms("domain") <= set(CONTRACTS["pure-domain"]["source_modules"])


def test_every_workflow_is_held_free_of_io() -> None:
    assert rooms("workflows") == set(CONTRACTS["workflows-no-io"]["source_modules"])


def test_transparency_may_import_no_other_room_of_ours() -> None:
    others = {
        f"shared.{path.name.removesuffix('.py')}"
        for path in (ROOT / "shared").iterdir()
        if not path.name.startswith("_")
    }
    assert others - {"shared.transparency"} <= set(CONTRACTS["transparency-stands-alone"]["forbidden_modules"])


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy in which each wall was broken once."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for folder in ("shared", "services", "deploy"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    plant(copy / "services/monitoring/domain/__init__.py", "import services.reporting")
    plant(copy / "shared/refusals.py", "import services")
    plant(copy / "services/intake/domain/__init__.py", "import sqlalchemy")
    plant(copy / "services/review/workflows.py", "import socket")
    plant(copy / "shared/transparency/hashes.py", "import shared.refusals")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stdout


def plant(file: Path, line: str) -> None:
    file.write_text(f"{file.read_text()}\n{line}\n")


@pytest.mark.parametrize("name", [contract["name"] for contract in CONTRACTS.values()])
def test_a_broken_wall_is_noticed(name: str, broken: str) -> None:
    assert re.search(rf"^{re.escape(name)} +BROKEN$", broken, flags=re.MULTILINE), broken
