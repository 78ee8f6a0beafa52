"""A log in a folder as c2sp.org/tlog-tiles lays it out, so that any file server and any other tool can read it.

Reading needs no lock: the checkpoint is replaced in one step after all it covers is in place, and a partial tile goes
only when a wider one stands there, out of which it can be cut.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from .checkpoint import Checkpoint, peek
from .disk import Batch, Disk, make_lasting
from .failures import Absent
from .tile_source import CHECKPOINT, VKEY
from .tiles import WIDTH, Tile, cut, open_tiles, parse_path, tile_at

STAGING = ".staging"
_LOOKS = 3  # a tile that grows between the look and the read is found at the next look, only wider


class TileStore:
    """A `TileSource` on a folder, and the one hand that writes there. No path leads out of the folder."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()
        self._batch = Batch(self._disk, folder, folder / STAGING)

    def read(self, path: str) -> bytes:
        """The bytes at the path; raises `Absent`, or `Malformed` for a path that no log has.

        A partial tile whose own file is gone is cut out of a wider one, so that a client with an older checkpoint
        still finds what that checkpoint needs.
        """
        if path in (CHECKPOINT, VKEY):
            return self._file(path)
        tile = parse_path(path)
        for _ in range(_LOOKS):
            for candidate in self._candidates(tile):
                try:
                    data = self._file(candidate.path)
                except Absent:
                    continue
                return data if candidate == tile else cut(candidate, data, tile.width)
        raise Absent(f"there is no {path}")

    def serve(self, path: str) -> bytes:
        """As `read`, for strangers: a tile beyond the signed head is `Absent`, also while it is being written."""
        if path not in (CHECKPOINT, VKEY) and not parse_path(path).within(self.size()):
            raise Absent(f"the log does not reach {path}")
        return self.read(path)

    def checkpoint(self) -> Checkpoint | None:
        """What the stored checkpoint says, its signatures not looked at; None in a new folder."""
        try:
            return peek(self.read(CHECKPOINT))
        except Absent:
            return None

    def size(self) -> int:
        """The size that the stored checkpoint names; 0 in a new folder."""
        head = self.checkpoint()
        return 0 if head is None else head.size

    def begin(self) -> None:
        """Make the folder, lastingly, if it is not there."""
        make_lasting(self._disk, self.folder)

    def put(self, tile: Tile, data: bytes) -> None:
        """Write a tile or bundle; it is lasting after the next `settle`."""
        self._batch.put(tile.path, data)

    def settle(self) -> None:
        """Make every tile written so far lasting: what a checkpoint covers, before the checkpoint is signed."""
        self._batch.settle()

    def publish(self, signed: bytes) -> None:
        """Replace the checkpoint, lastingly, after everything written before it."""
        self._batch.settle()
        self._batch.put(CHECKPOINT, signed)
        self._batch.settle()

    def put_keys(self, vkeys: Iterable[str]) -> None:
        """Write the log's verifier keys, one per line, for readers who have no policy."""
        self._batch.put(VKEY, "".join(f"{vkey}\n" for vkey in vkeys).encode())
        self._batch.settle()

    def drop_superseded(self, before: int, size: int) -> None:
        """Remove the partial tiles of the head of size `before`, once the head of `size` is published.

        What a stopped writer left beside them goes as well: it was never covered by a head.
        """
        for tile in open_tiles(before):
            now = tile_at(tile.level, tile.index, size)
            folder = (self.folder / tile.path).parent
            for width in self._widths(tile):
                if width != now.width:
                    self._disk.remove(folder / str(width))
            if now.width == WIDTH and folder.is_dir():
                self._disk.remove_folder(folder)

    def _candidates(self, tile: Tile) -> Iterator[Tile]:
        yield tile
        if tile != tile.full:
            yield from (Tile(tile.level, tile.index, width) for width in self._widths(tile) if width > tile.width)
            yield tile.full

    def _widths(self, tile: Tile) -> list[int]:
        folder = (self.folder / Tile(tile.level, tile.index, 1).path).parent
        try:
            names = [each.name for each in folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def _file(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise Absent(f"there is no {path}") from error
