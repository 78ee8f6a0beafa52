"""Plays a part of the example in a process of its own: `FOLDER SEED END NAME…`; says `step N` after each step."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.example.play import Play, played
from services.example.script import written
from services.folder import DataFolder
from shared.runtime.settings import Settings
from shared.runtime.telemetry import start_logging


async def main(arguments: Sequence[str]) -> None:
    folder, seed, end, *names = arguments
    play = Play(seed=int(seed), end=datetime.fromisoformat(end).replace(tzinfo=UTC), script=written().only(names))

    def report(_: datetime, steps: int) -> None:
        sys.stdout.write(f"step {steps}\n")
        sys.stdout.flush()

    data = DataFolder.at(Path(folder))
    with data.held():
        async with played(play, Settings(data=data.path), report):
            pass


if __name__ == "__main__":
    start_logging("warning")
    asyncio.run(main(sys.argv[1:]))
