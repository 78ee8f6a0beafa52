"""The growth run: a site of its own grows from size to size, and at each every part is measured in a fresh process."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from services.bench.parts import PARTS, Stage

SIZES: Final = (10_000, 100_000, 1_000_000)
Told = Callable[[str], None]


class PartFailed(Exception):
    """A part could not be measured; the text is what it said."""


def sizes_up_to(events: int) -> list[int]:
    """Where a run up to so many events measures: the usual sizes below, and the end."""
    return [*(size for size in SIZES if size < events), events]


def growth(events: int, told: Told) -> dict[str, Any]:
    """Grow a site in a temporary folder, which is removed at the end; `told` hears of every step.

    Raises `PartFailed`.
    """
    sizes = sizes_up_to(events)
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="gatehouse-growth-") as folder:
        for before, size in zip([0, *sizes], sizes, strict=False):
            for name in PARTS:
                told(f"{size:,} events: {name}")
                one = _in_a_process_of_its_own(name, Stage(Path(folder), before, size, events))
                part = found.setdefault(name, {"unit": one["unit"], "values": [], "memory_mib": []})
                part["values"].append(one["value"])
                part["memory_mib"].append(one["memory_mib"])
    return {"machine": machine(), "events": sizes, "parts": found}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    return {
        "processors": len(os.sched_getaffinity(0)),
        "model": cpu,
        "memory_gib": round(int(memory) / 1024**2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def in_words(found: Mapping[str, Any]) -> str:
    """The run as a table for a terminal."""
    lines = ["".join([f"{'':10}", *(f"{size:>26,}" for size in found["events"])])]
    for name, part in found["parts"].items():
        cells = [
            f"{value:>10,.4g} {part['unit']:8}{memory:>4.0f} MiB"
            for value, memory in zip(part["values"], part["memory_mib"], strict=True)
        ]
        lines.append("".join([f"{name:10}", *(f"{cell:>26}" for cell in cells)]))
    return "\n".join(lines)


def _in_a_process_of_its_own(name: str, stage: Stage) -> dict[str, Any]:
    asked = json.dumps({**asdict(stage), "folder": str(stage.folder)})
    command = [sys.executable, "-m", "services.bench", name, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode != 0:
        raise PartFailed(f"{name} at {stage.events:,} events: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _lines(path: str) -> Sequence[str]:
    return Path(path).read_text().splitlines()
