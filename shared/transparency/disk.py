"""Files that survive a crash: written aside, forced to the disk, then renamed into place.

Every step is a method of its own, so that a test can stop the process, or the power, between any two of them.
"""

import os
from pathlib import Path


class Disk:
    """The few file operations that a log and a witness need."""

    def write(self, path: Path, data: bytes) -> None:
        """Fill a new file and force its bytes to the disk."""
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in its place, replacing what was there in one step."""
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        """Force the folder's names to the disk: a rename is lasting only then."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Make one folder, whose parent stands already."""
        folder.mkdir(exist_ok=True)

    def remove(self, path: Path) -> None:
        """Remove a file that may be gone already."""
        path.unlink(missing_ok=True)

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""
        folder.rmdir()


def make_lasting(disk: Disk, folder: Path) -> None:
    """Make a folder and those above it, where they are missing, so that a power cut does not take them away."""
    if folder.is_dir():
        return
    make_lasting(disk, folder.parent)
    disk.make_folder(folder)
    disk.sync_folder(folder.parent)


class Batch:
    """Files put in place together: each appears whole or not at all, and `settle` makes all of them lasting.

    Nothing may point at a file of the batch before `settle` has returned.
    """

    def __init__(self, disk: Disk, folder: Path, staging: Path) -> None:
        self._disk = disk
        self._folder = folder
        self._staging = staging
        self._touched: set[Path] = set()

    def put(self, path: str, data: bytes) -> None:
        """Write a file under the folder, making the folders on its way."""
        target = self._folder / path
        self._reach(target.parent)
        self._disk.write(self._staging, data)
        self._disk.rename(self._staging, target)
        self._touched.add(target.parent)

    def settle(self) -> None:
        """Force every touched folder to the disk, the deepest first."""
        for folder in sorted(self._touched, key=lambda each: (-len(each.parts), each)):
            self._disk.sync_folder(folder)
        self._touched.clear()

    def _reach(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._reach(folder.parent)
        self._disk.make_folder(folder)
        self._touched.add(folder.parent)
