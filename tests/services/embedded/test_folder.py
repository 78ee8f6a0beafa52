"""The data folder: one holder, no mixing of example and real data."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from services.folder import DataFolder, Example, FolderHeld, FolderMixed

HOLD = """
import sys
from pathlib import Path
from services.folder import DataFolder
with DataFolder.at(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderHeld, match=f"process {holder.pid}"), DataFolder.at(tmp_path).held():
            pass
        holder.kill()
        holder.wait()
        with DataFolder.at(tmp_path).held():
            assert (tmp_path / "lock").read_text().startswith("process ")


def test_a_new_folder_can_become_an_example_once(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    folder.mark_example(Example(seed=7, end="2026-01-01"))
    folder.mark_example(Example(seed=7, end="2026-01-01"))
    assert DataFolder.at(tmp_path).example == Example(seed=7, end="2026-01-01")
    with pytest.raises(FolderMixed, match="seed 7"):
        folder.mark_example(Example(seed=8, end="2026-01-01"))


def test_a_folder_with_real_data_never_becomes_an_example(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / "events.db").touch()
    with pytest.raises(FolderMixed, match="real data"):
        folder.mark_example(Example(seed=1, end="2026-01-01"))
    assert folder.example is None


@pytest.mark.parametrize("broken", ["", "{", "[]", "null"])
def test_a_mark_that_was_lost_while_it_was_made_is_made_again(broken: str, tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text(broken)
    folder = DataFolder.at(tmp_path)
    assert folder.example is None
    folder.mark_example(Example(seed=7, end="2026-01-01"))
    assert folder.example == Example(seed=7, end="2026-01-01")


def test_a_folder_with_data_and_a_broken_mark_is_neither_example_nor_real(tmp_path: Path) -> None:
    (tmp_path / "example.json").touch()
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / "events.db").touch()
    folder = DataFolder.at(tmp_path)
    with pytest.raises(FolderMixed, match=r"example\.json can't be read"):
        _ = folder.example
    with pytest.raises(FolderMixed, match=r"example\.json can't be read"):
        folder.mark_example(Example(seed=7, end="2026-01-01"))


def test_a_note_of_a_server_that_was_lost_names_none(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    with folder.held():
        (tmp_path / "server.json").touch()
        assert folder.server is None


def test_the_server_of_a_folder_is_found_while_it_holds_it(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    assert folder.server is None
    with folder.held():
        folder.serves_at("http://127.0.0.1:4711", "127.0.0.1:7233")
        assert DataFolder.at(tmp_path).server == "http://127.0.0.1:4711"
        assert DataFolder.at(tmp_path).temporal == "127.0.0.1:7233"
    assert (folder.server, folder.temporal) == (None, None)


def test_who_holds_a_folder_next_has_not_said_yet_where_it_serves(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    folder.serves_at("http://127.0.0.1:4711", "127.0.0.1:7233")  # by one that was killed
    with folder.held():
        assert folder.server is None


def test_asking_whether_a_folder_is_held_keeps_nobody_from_holding_it(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    (tmp_path / "lock").touch()
    with (tmp_path / "lock").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        threading.Timer(0.05, asking.close).start()
        with folder.held():
            assert folder.in_hand
    assert not folder.in_hand
