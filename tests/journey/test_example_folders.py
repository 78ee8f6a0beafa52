"""Example data and real data never come together, and after the play the folder is served like any other."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import command_line
from services.folder import DataFolder, Example
from services.process import prepare_embedded
from shared.runtime.settings import Settings
from tests.house.tree import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def refused(*arguments: str, code: int = 1) -> str:
    done = CliRunner().invoke(command_line(["demo"]), ["demo", "--once", *arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.stderr.split())


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - {"lock"}


def test_a_folder_with_real_data_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "data").path
    asyncio.run(prepare_embedded(Settings(data=folder)))
    before = listing(folder)
    assert "holds real data" in refused("--data", str(folder))
    assert listing(folder) == before
    assert DataFolder(folder).example is None


def test_a_folder_that_is_set_up_for_real_people_is_refused(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "data").path
    (folder / "people.yaml").write_text("people: []\n")
    assert "real data" in refused("--data", str(folder))
    assert DataFolder(folder).example is None


def test_an_example_of_another_seed_or_end_is_refused(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "demo")
    folder.mark_example(Example(seed=1, end="2026-11-01"))
    assert "example of seed 1 up to 2026-11-01" in refused("--data", str(folder.path), "--seed", "2")
    assert "example of seed 1 up to 2026-11-01" in refused("--data", str(folder.path), "--end", "2026-10-01")


def test_an_end_that_the_calendars_do_not_cover_is_wrong_usage(tmp_path: Path) -> None:
    assert "--end" in refused("--data", str(tmp_path / "demo"), "--end", "2099-01-01", code=2)


def test_a_folder_that_another_process_holds_is_refused(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "demo")
    with folder.held():
        assert "in use by process" in refused("--data", str(folder.path))


def test_a_play_that_was_cut_off_is_not_mixed_with_real_time(tmp_path: Path) -> None:
    """Half a play, then a fact of real time, then the rest of the play: it would come years too late."""
    folder = tmp_path / "demo"
    player = [sys.executable, "-m", "tests.journey.example_player", str(folder), "1"]
    names = ["Meeting notes", "Ticket summariser"]
    subprocess.run([*player, "2026-11-23", names[0]], check=True, capture_output=True, cwd=ROOT)
    done = subprocess.run([*player, "2026-11-23", *names], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert "WentOn: system/Ticket summariser/0 was due at" in done.stderr
