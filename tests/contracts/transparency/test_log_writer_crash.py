"""The writer stopped at every single step: killed, refused by the disk, or without power. What was promised stands."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.transparency.checkpoint import Head
from shared.transparency.disk import Disk
from shared.transparency.hashes import leaf_hashes, merkle_root
from shared.transparency.log_writer import LogWriter
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import verify_log
from tests.contracts.transparency.broken_disks import ForgetfulDisk, Killed, StepDisk, failed, full, killed, steps_of
from tests.contracts.transparency.logs import KEY, POLICY, events, writing, written

pytestmark = pytest.mark.fault

GROWTHS = [(0, 1), (5, 9), (200, 300), (250, 256), (256, 257), (300, 900)]


def grow(folder: Path, size: int, disk: Disk | None = None) -> Head:
    with writing(folder, disk=disk) as writer:
        return writer.append(events(size, writer.size))


def steps_to_grow(tmp_path: Path, before: int, after: int) -> int:
    folder = tmp_path / "count"
    written(folder, before)
    return steps_of(lambda disk: grow(folder, after, disk))


def assert_sound(folder: Path, before: Head, after: int) -> None:
    """The head is the old or the new one and all it covers is there; and the log goes on to the same end."""
    report = verify_log(TileStore(folder), POLICY, [("the head before", before.signed)])
    assert report.problems == ()
    assert report.size in (before.checkpoint.size, after)
    middle = (report.size + after + 40) // 2
    with writing(folder, known=[before.checkpoint]) as writer:
        assert writer.size == report.size
        writer.append(events(middle, writer.size))
        head = writer.append(events(after + 40, middle))
    assert head.checkpoint.root == merkle_root(leaf_hashes(events(after + 40)))
    assert verify_log(TileStore(folder), POLICY, [("the head before", before.signed)]).problems == ()


@pytest.mark.parametrize(("before", "after"), GROWTHS)
@pytest.mark.parametrize(("end", "when"), [(killed, "before"), (killed, "half"), (failed, "before"), (full, "half")])
def test_stopped_at_every_step(tmp_path: Path, before: int, after: int, end: Callable[[], None], when: str) -> None:
    steps = steps_to_grow(tmp_path, before, after)
    assert steps > 5
    for at in range(1, steps + 1):
        folder = tmp_path / str(at)
        (head,) = written(folder, before)
        with pytest.raises((Killed, OSError)):
            grow(folder, after, StepDisk(at, end, when))
        assert_sound(folder, head, after)


def test_a_writer_that_met_an_error_signs_nothing_more(tmp_path: Path) -> None:
    """The error may have struck between publishing and remembering: only the disk knows which head stands."""
    for at in range(1, steps_to_grow(tmp_path, 5, 9) + 1):
        folder = tmp_path / str(at)
        written(folder, 5)
        with writing(folder, disk=StepDisk(at, failed, "after")) as writer:
            with pytest.raises(OSError, match="Input/output"):
                writer.append(events(9, 5))
            stored = (folder / "checkpoint").read_bytes()
            with pytest.raises(ValueError, match="open a new one"):
                writer.append(events(9, 5))
        assert (folder / "checkpoint").read_bytes() == stored


@pytest.mark.parametrize(("before", "after"), GROWTHS)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_power_cut_at_every_step(tmp_path: Path, before: int, after: int, seed: int | None) -> None:
    """What was not synced is lost, all of it or any part: a published head still has everything that it covers."""
    steps = steps_to_grow(tmp_path, before, after)
    for at in range(1, steps + 2):
        folder, survived = tmp_path / str(at), tmp_path / f"{at}-survived"
        (head,) = written(folder, before)
        disk = ForgetfulDisk(folder, at)
        try:
            published = grow(folder, after, disk).signed
        except Killed:
            published = None
        disk.after_power_cut(survived, None if seed is None else random.Random(f"{seed} {at}"))
        assert published is None or (survived / "checkpoint").read_bytes() == published
        assert_sound(survived, head, after)


def test_a_new_logs_folder_outlasts_a_power_cut(tmp_path: Path) -> None:
    """A lasting file in a folder whose own name was never forced to the disk would be gone."""
    place = tmp_path / "data"
    place.mkdir()
    disk = ForgetfulDisk(place, 0)
    head = grow(place / "service" / "log", 5, disk)
    disk.after_power_cut(tmp_path / "survived", None)
    assert (tmp_path / "survived" / "service" / "log" / "checkpoint").read_bytes() == head.signed
    assert verify_log(TileStore(tmp_path / "survived" / "service" / "log"), POLICY).ok


def test_a_checkpoint_before_its_tiles_would_be_caught(tmp_path: Path) -> None:
    """The control: a store that publishes first is found out by the same sweep."""

    class Hasty(TileStore):
        def settle(self) -> None:
            """Nothing is made lasting before the head."""

        def publish(self, signed: bytes) -> None:
            self._batch._touched.clear()
            super().publish(signed)

    folder, caught = tmp_path / "log", 0
    for at in range(1, 30):
        (head,) = written(folder / str(at), 5)
        disk = ForgetfulDisk(folder / str(at), at)
        try:
            with LogWriter(Hasty(folder / str(at), disk), [KEY]) as writer:
                writer.append(events(300, 5))
        except Killed:
            pass
        disk.after_power_cut(tmp_path / f"survived-{at}", None)
        caught += not verify_log(TileStore(tmp_path / f"survived-{at}"), POLICY, [("before", head.signed)]).ok
    assert caught > 0


VICTIM = """
import sys
from pathlib import Path
from tests.contracts.transparency.broken_disks import StepDisk, really_killed
from tests.contracts.transparency.test_log_writer_crash import grow
grow(Path(sys.argv[1]), int(sys.argv[2]), StepDisk(int(sys.argv[3]), really_killed, sys.argv[4]))
"""


@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_a_real_sigkill(tmp_path: Path, when: str) -> None:
    steps = steps_to_grow(tmp_path, 200, 600)
    for at in (1, steps // 2, steps - 3, steps):
        folder = tmp_path / str(at)
        (head,) = written(folder, 200)
        command = [sys.executable, "-c", VICTIM, str(folder), "600", str(at), when]
        ended = subprocess.run(command, timeout=60, check=False, env={**os.environ, "PYTHONPATH": "."})
        assert ended.returncode == -signal.SIGKILL
        assert_sound(folder, head, 600)
