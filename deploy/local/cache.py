"""What can be fetched and built again: kept once for each machine, outside the tree, checked by its maker."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; where it is absent `make` fills a new one.

    It is complete or absent: `make` works aside, and raises when it can't finish. One process makes it while others
    wait. So a name must tell everything that the content depends on: another content is another name.
    """
    wanted = _cache() / name
    if not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with wanted.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # package managers' own folders do not all bear two writers
            if not wanted.exists():
                _make(wanted, make)
    return wanted


def _make(wanted: Path, make: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(dir=wanted.parent, prefix="making-") as place:
        made = Path(place) / "made"
        made.mkdir()
        make(made)
        made.rename(wanted)


def _cache() -> Path:
    """The XDG Base Directory Specification's place for what can be fetched again."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if configured else Path.home() / ".cache") / "gatehouse"
