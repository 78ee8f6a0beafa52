"""Where hashes and entries lie in a tiled log (c2sp.org/tlog-tiles): coordinates, widths, paths, entry bundles."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .encoding import MAX_SIZE, from_decimal
from .failures import Malformed
from .hashes import HASH_SIZE

WIDTH: Final = 256
"""Hashes in a full tile and entries in a full bundle; a tile spans 8 levels of the tree."""
TILE_HEIGHT: Final = 8
MAX_LEVEL: Final = 63
MAX_ENTRY: Final = 65_535
"""The longest entry in bytes: its length is written as a big-endian uint16."""

_INDEX = r"(?:x[0-9]{3}/){0,6}[0-9]{3}"
_PATH = re.compile(
    rf"tile/(?P<level>entries|[0-9]{{1,2}})/(?P<index>{_INDEX})(?:\.p/(?P<width>[0-9]{{1,3}}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of hashes (`level` 0 to 63) or a bundle of entries (`level` None), `width` of at most 256."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The resource's path under the log's prefix, as in `tile/0/x001/x234/067.p/5`."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{partial}"

    @property
    def full(self) -> "Tile":
        """The full tile that this one is, or will become."""
        return Tile(self.level, self.index)

    def within(self, size: int) -> bool:
        """Whether a log of that size has all hashes or entries of this tile."""
        return 0 < self.width <= width_at(self.level or 0, self.index, size)


def index_path(index: int) -> str:
    """An index in 3-digit elements, all but the last prefixed `x`: 1234067 is `x001/x234/067`."""
    elements = [f"{index % 1000:03d}"]
    while index := index // 1000:
        elements.append(f"x{index % 1000:03d}")
    return "/".join(reversed(elements))


def parse_path(path: str) -> Tile:
    """The tile that a path names; `Malformed` for every other spelling, for width 0 and for width 256."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise Malformed(f"not the path of a tile: {path[:120]!r}")
    level = None if found["level"] == "entries" else from_decimal(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = WIDTH if found["width"] is None else from_decimal(found["width"])
    tile = Tile(level, index, width)
    if not 0 < width <= WIDTH or (level or 0) > MAX_LEVEL or index > MAX_SIZE or tile.path != path:
        raise Malformed(f"not the path of a tile: {path[:120]!r}")
    return tile


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a log of that size: 0 where the log does not reach it, at most 256."""
    return max(0, min(WIDTH, (size >> TILE_HEIGHT * level) - index * WIDTH))


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile as a log of that size has it, partial or full; its width is 0 beyond the log's end."""
    return Tile(level, index, width_at(level or 0, index, size))


def open_tiles(size: int) -> Iterator[Tile]:
    """The partial tiles of a log of that size, the partial bundle first, then the levels upwards."""
    for level in (None, *range(MAX_LEVEL + 1)):
        units = size >> TILE_HEIGHT * (level or 0)
        if units == 0:
            return
        if units % WIDTH:
            yield Tile(level, units // WIDTH, units % WIDTH)


def tiles_of(size: int) -> Iterator[Tile]:
    """Every resource that a log of that size serves besides its checkpoint: bundles, then tiles level by level."""
    for level in (None, *range(MAX_LEVEL + 1)):
        units = size >> TILE_HEIGHT * (level or 0)
        if units == 0:
            return
        for index in range(-(-units // WIDTH)):
            yield tile_at(level, index, size)


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile; `Malformed` unless there are exactly `width` of them."""
    if len(data) != width * HASH_SIZE:
        raise Malformed(f"a tile of width {width} has {width * HASH_SIZE} bytes, not {len(data)}")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each after its length as big-endian uint16; `Malformed` if one is longer than `MAX_ENTRY`."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise Malformed(f"an entry has at most {MAX_ENTRY} bytes, not {len(entry)}")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def take_entries(data: bytes) -> tuple[list[bytes], bool]:
    """The entries of a bundle that are whole, and whether nothing else follows them."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        after = start + int.from_bytes(data[at:start])
        if start > end or after > end:
            return entries, False
        entries.append(data[start:after])
        at = after
    return entries, True


def split_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; `Malformed` if the last one is cut."""
    entries, whole = take_entries(data)
    if not whole:
        raise Malformed(f"entry {len(entries)} of the bundle is cut")
    return entries


def cut(tile: Tile, data: bytes, width: int) -> bytes:
    """The first `width` hashes or entries of a wider tile's bytes, as the narrower tile had them."""
    if tile.level is not None:
        return data[: width * HASH_SIZE]
    return encode_bundle(split_bundle(data)[:width])
