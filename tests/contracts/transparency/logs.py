"""A log in a folder for tests: keys, entries, and a writer that is always closed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.transparency.checkpoint import Checkpoint, Head
from shared.transparency.disk import Disk
from shared.transparency.keys import LOG, WITNESS, SigningKey
from shared.transparency.log_writer import LogWriter
from shared.transparency.policy import Party, Policy
from shared.transparency.tile_store import TileStore
from shared.transparency.witness import Witness

ORIGIN = "0123.gatehouse.local/intake"
KEY = SigningKey(ORIGIN, LOG, bytes([1] * 32))
NEXT_KEY = SigningKey(ORIGIN, LOG, bytes([2] * 32))
STRANGERS_KEY = SigningKey(ORIGIN, LOG, bytes([3] * 32))
WITNESS_KEY = SigningKey("witness.example/w1", WITNESS, bytes([4] * 32))
POLICY = Policy((Party(KEY.verifier),))
WITNESSED = Policy((Party(KEY.verifier),), {"w1": Party(WITNESS_KEY.verifier)}, quorum="w1")


def events(count: int, start: int = 0) -> list[bytes]:
    return [b'{"id":"event-%d"}' % each for each in range(start, count)]


@contextmanager
def writing(
    folder: Path, keys: Sequence[SigningKey] = (KEY,), known: Iterable[Checkpoint] = (), disk: Disk | None = None
) -> Iterator[LogWriter]:
    """A writer on the folder, closed at the end however that comes about."""
    with LogWriter(TileStore(folder, disk), keys, known) as writer:
        yield writer


def written(folder: Path, *sizes: int) -> list[Head]:
    """A log that grew to each size in turn; the heads on the way."""
    heads = []
    with writing(folder) as writer:
        for size in sizes:
            heads.append(writer.append(events(size, writer.size)))
    return heads


def watcher(folder: Path, now: int = 1_700_000_000) -> Witness:
    return Witness(folder, WITNESS_KEY, {ORIGIN: [KEY.verifier]}, lambda: now)
