"""A sweep over the system calls of `appending`: the fault at the first call, at the second, and so on to the last."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploy.local.process import EngineMissing
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StreamAppend
from shared.transparency.checkpoint import peek
from shared.transparency.keys import LOG, SigningKey, write_key_file
from shared.transparency.tile_source import CHECKPOINT, VKEY
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import verify_entries, verify_log
from tests.contracts.store.appends import append, event
from tests.faults.appending import sign
from tests.faults.checker import Findings, check
from tests.faults.experiment import Result
from tests.faults.found import in_store
from tests.faults.history import History
from tests.faults.lab import ROOT, Lab

ALREADY = 251  # entries before the fault: the appends that follow fill the first bundle
PATIENCE = 60
STRUCK = ("(INJECTED)", "killed by SIGKILL")


@dataclass(slots=True)
class Sweep:
    """`runs` in which the fault struck, and what they left behind."""

    runs: int = 0
    findings: Findings = field(default_factory=Findings)
    broken: list[str] = field(default_factory=list)

    def result(self) -> Result:
        broken = self.broken if self.runs else ["no fault struck: nothing was tried"]
        return Result(findings=self.findings, broken=broken, figures={"runs in which it struck": self.runs})


async def swept(lab: Lab, faults: Sequence[tuple[str, str]], at: Sequence[int], **options: Any) -> Result:
    """For each pair of system calls and fault a run for every place in `at`, until the program makes no such call."""
    if (strace := shutil.which("strace")) is None:
        raise EngineMissing("strace (Debian's package of that name) is not here")
    template = await _template(lab)
    sweep = Sweep()
    for calls, fault in faults:
        for number in at:
            folder = lab.new("run")
            shutil.copytree(template, folder)
            inject = f"inject={calls}:{fault}:when={number}"
            if not await asyncio.to_thread(_struck, strace, calls, inject, folder, options):
                break
            sweep.runs += 1
            await _judge(sweep, folder, inject)
            shutil.rmtree(folder)
    return sweep.result()


def _struck(strace: str, calls: str, inject: str, folder: Path, options: dict[str, Any]) -> bool:
    told = folder / "strace"
    given = json.dumps({"folder": str(folder), **options})
    traced = [strace, "-f", "-o", str(told), "-e", f"trace={calls}", "-e", inject]
    command = [*traced, sys.executable, "-m", "tests.faults.appending", given]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False)
    text = told.read_text()
    return any(word in text for word in STRUCK)


async def _template(lab: Lab) -> Path:
    """A signed log to begin with, made once."""
    folder = lab.new("template")
    folder.mkdir()
    url = f"sqlite:///{folder / 'events.db'}"
    await upgrade(url, "intake")
    store = await open_store(url, "intake")
    await store.guard.passed(witnessed=False, silent=None)
    write_key_file(folder / "log.key", SigningKey(store.origin, LOG, bytes(32)))
    events = [event() for _ in range(ALREADY)]
    await store.append(append(StreamAppend(stream="s", partitionkey="s", expected=EMPTY, events=events)))
    await sign(store, folder, TileStore(folder / "tiles"))
    await store.close()
    return folder


async def _judge(sweep: Sweep, folder: Path, inject: str) -> None:
    """The store is sound and holds what was acknowledged, and the checkpoint is ahead of neither rows nor tiles; also
    after the next signing."""
    url = f"sqlite:///{folder / 'events.db'}"
    with closing(sqlite3.connect(folder / "events.db")) as connection:
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    store = await open_store(url, "intake")
    held = [each for each in await in_store(store) if each.stream != "s"]
    asked = History(folder / "history.jsonl").operations()
    sweep.findings += check(asked, [replace(each, position=None) for each in held])
    wrong = [] if sound == "ok" else [f"integrity_check: {sound}"]
    wrong += await _signed(folder, store)
    try:
        await sign(store, folder, TileStore(folder / "tiles"))
        wrong += await _signed(folder, store)
    except Exception as refused:  # noqa: BLE001 - whatever keeps the signer from going on is a finding
        wrong.append(f"signing does not go on: {refused!r}")
    await store.close()
    sweep.broken += [f"{inject}: {each}" for each in wrong]


async def _signed(folder: Path, store: EventStore) -> Sequence[str]:
    tiles = TileStore(folder / "tiles")
    signed, bodies = tiles.read(CHECKPOINT), [each.body for each in await store.after(-1, 10_000)]
    wrong = [] if peek(signed).size <= len(bodies) else ["the checkpoint is ahead of the rows"]
    reports = [verify_log(tiles), verify_entries(bodies, signed, vkeys=tiles.read(VKEY))]
    return [*wrong, *(str(problem) for report in reports for problem in report.problems)]
