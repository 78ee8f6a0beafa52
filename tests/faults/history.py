"""What clients asked and what they were told: one format for every fault run, JSON lines.

An operation is invoked once and ends as `ok` (acknowledged), `fail` (refused: it must not be there) or `info` (unknown:
the caller was cut off). One that never ended is `info` too: it may be there once, or not at all. Jepsen's words.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Ending = Literal["ok", "fail", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that one client asked for; `id` is unique in its history, and what it leaves behind is known by it."""

    id: str
    client: str
    ending: Ending = "info"
    told: str = ""


class History:
    """Appends to a file as it happens, so that a killed client's history ends where the client did."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def invoke(self, operation: str, client: str) -> None:
        self._write({"op": operation, "client": client, "type": "invoke"})

    def ok(self, operation: str, told: str = "") -> None:
        """It was acknowledged; from here on it must be found."""
        self._write({"op": operation, "type": "ok", "told": told})

    def fail(self, operation: str, told: str) -> None:
        """It was refused; it must not be found."""
        self._write({"op": operation, "type": "fail", "told": told})

    def info(self, operation: str, told: str) -> None:
        """Nobody knows."""
        self._write({"op": operation, "type": "info", "told": told})

    def operations(self) -> Sequence[Operation]:
        """Every operation with its last ending. Asking again with the same id, after a cut, may turn `info` to `ok`.

        Raises `ValueError` where an ending has no beginning, or what was acknowledged was refused later or before.
        """
        found: dict[str, Operation] = {}
        for line in self._lines():
            known = found.get(line["op"])
            if line["type"] == "invoke":
                found.setdefault(line["op"], Operation(id=line["op"], client=line["client"]))
            elif known is None or {known.ending, line["type"]} == {"ok", "fail"}:
                raise ValueError(f"not a history: {line} after {known}")
            elif known.ending != "ok":
                found[known.id] = replace(known, ending=line["type"], told=line["told"])
        return list(found.values())

    def _lines(self) -> list[dict[str, str]]:
        if not self._path.exists():
            return []
        # The last line of a killed client may be cut: what it was about to say, nobody heard.
        return [json.loads(line) for line in self._path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def _write(self, line: dict[str, str]) -> None:
        with self._lock, self._path.open("a") as out:
            out.write(json.dumps({**line, "at": time.time_ns()}) + "\n")
