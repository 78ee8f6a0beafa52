"""A key that was made once is there ever after: its bytes are forced to the disk, and then its name."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.runtime.key_files import write_secret
from shared.transparency.keys import LOG, SigningKey, write_key_file


def signing_key(path: Path) -> None:
    path.parent.mkdir()
    write_key_file(path, SigningKey("log", LOG, bytes(32)))


def secret(path: Path) -> None:
    write_secret(path, "k1 x\n")


@pytest.mark.parametrize("make", [signing_key, secret])
def test_the_name_of_a_key_is_forced_to_the_disk_after_its_bytes(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, forced, fsync = tmp_path / "keys" / "a.key", [], os.fsync

    def listening(descriptor: int) -> None:
        forced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", listening)
    make(path)
    assert forced[0][0].name.startswith(".a.key")
    assert forced[1] == (path.parent, True)
    if make is secret:  # it made the folder as well
        assert forced[2] == (tmp_path, True)
