"""Real engines for tests: how a session gets them, and what happens where one is missing."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from deploy.local.process import EngineMissing

Engine = TypeVar("Engine")


def or_missing(make: Callable[[], Engine]) -> Engine:
    """What `make` makes. Where a part is missing: a failure with CI set, else a skip that names the part."""
    try:
        return make()
    except EngineMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(f"with CI set nothing may be missing: {missing}", pytrace=False)
        pytest.skip(str(missing))


@contextmanager
def engine_folder(name: str) -> Iterator[Path]:
    """A folder of its own, removed at the end.

    Not pytest's `tmp_path`: that lies in a folder which only its owner may enter, and when we are root PostgreSQL
    runs as another user.
    """
    place = Path(tempfile.mkdtemp(prefix=f"gatehouse-{name}-"))
    place.chmod(0o711)
    try:
        yield place / name
    finally:
        shutil.rmtree(place)
