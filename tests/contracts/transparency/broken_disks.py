"""Disks that stop, refuse or forget at a chosen step."""

import errno
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shared.transparency.disk import Disk


class Killed(BaseException):
    """The process is gone: nothing of the program may catch this."""


class StepDisk(Disk):
    """Counts its steps, and at the chosen one does what it was told, before the step, half way, or after it."""

    def __init__(self, at: int, end: Callable[[], None], when: str = "before") -> None:
        self.steps = 0
        self._at, self._end, self._when = at, end, when

    def write(self, path: Path, data: bytes) -> None:
        self._step(lambda: super(StepDisk, self).write(path, data), lambda: path.write_bytes(data[: len(data) // 2]))

    def rename(self, source: Path, target: Path) -> None:
        self._step(lambda: super(StepDisk, self).rename(source, target))

    def sync_folder(self, folder: Path) -> None:
        self._step(lambda: super(StepDisk, self).sync_folder(folder))

    def make_folder(self, folder: Path) -> None:
        self._step(lambda: super(StepDisk, self).make_folder(folder))

    def remove(self, path: Path) -> None:
        self._step(lambda: super(StepDisk, self).remove(path))

    def remove_folder(self, folder: Path) -> None:
        self._step(lambda: super(StepDisk, self).remove_folder(folder))

    def _step(self, whole: Callable[[], None], half: Callable[[], object] = lambda: None) -> None:
        self.steps += 1
        if self.steps != self._at:
            whole()
            return
        if self._when == "half":
            half()
        elif self._when == "after":
            whole()
        self._end()


def killed() -> None:
    raise Killed


def failed() -> None:
    raise OSError(errno.EIO, "Input/output error")


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def really_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def steps_of(run: Callable[[Disk], object]) -> int:
    """How many steps a run takes on a disk that never stops."""
    disk = StepDisk(0, killed)
    run(disk)
    return disk.steps


@dataclass
class ForgetfulDisk(StepDisk):
    """Keeps a second account of what would survive a power cut: names live only once their folder was synced."""

    root: Path
    at: int
    lasting: dict[Path, bytes | None] = field(default_factory=dict)  # file contents, None for a folder
    pending: dict[Path, bytes | None] = field(default_factory=dict)
    gone: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.at, killed)
        for path in self.root.rglob("*"):
            self.lasting[path] = path.read_bytes() if path.is_file() else None

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self.pending[target] = target.read_bytes()
        self.gone.discard(target)

    def make_folder(self, folder: Path) -> None:
        super().make_folder(folder)
        self.pending[folder] = None

    def remove(self, path: Path) -> None:
        super().remove(path)
        self.gone.add(path)
        self.pending.pop(path, None)

    def remove_folder(self, folder: Path) -> None:
        super().remove_folder(folder)
        self.gone.add(folder)

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        for path in [path for path in self.pending if path.parent == folder]:
            self.lasting[path] = self.pending.pop(path)
        for path in [path for path in self.gone if path.parent == folder]:
            self.gone.discard(path)
            self.lasting.pop(path, None)

    def after_power_cut(self, folder: Path, chance: random.Random | None) -> None:
        """Lay out what survived; what was not synced survives by chance, or not at all."""
        kept = dict(self.lasting)
        if chance is not None:
            kept |= {path: data for path, data in self.pending.items() if chance.random() < 0.5}
            for path in [path for path in self.gone if chance.random() < 0.5]:
                kept.pop(path, None)
        folder.mkdir()
        for path in sorted(kept, key=lambda each: len(each.parts)):
            place, data = folder / path.relative_to(self.root), kept[path]
            if not place.parent.is_dir():
                continue
            if data is None:
                place.mkdir()
            else:
                place.write_bytes(data)
