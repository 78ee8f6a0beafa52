"""An import as somebody at a terminal runs it, against reading and mapping the file alone."""

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

from services.intake.importing.plan import plan
from services.intake.mappings import Row, load_mapping
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Samples, pairs
from tests.services.intake.portfolios import MAPPING, row, write

ROWS = 1_067
TOPICS = ("Health & Medical", "Law & Justice", "Transportation", "Mission-Enabling", "Other")
STAGES = ("Initiated", "Acquisition and/or Development", "Operation and Maintenance", "Retired")


def portfolio(path: Path, number: int) -> Path:
    """A file in the shipped format, of systems that nobody knows."""
    run, dice = uuid4().hex[:8], random.Random(number)
    rows = [
        row(
            f"Use case {run} {each}", topic=dice.choice(TOPICS), stage=dice.choice(STAGES), everyday="None of the above"
        )
        for each in range(number)
    ]
    return write(path, rows)


async def the_whole_command(bench: Bench) -> Samples:
    ours, number = bench.gatehouse(), bench.size(ROWS, 100, 10)
    program = Path(sys.executable).with_name("gatehouse")
    environment = {**os.environ, "GATEHOUSE_URL": ours.url, "GATEHOUSE_TOKEN": ours.token}

    async def imported() -> float:
        file = portfolio(bench.lab.new("portfolio.csv"), number)
        command = [program, "import", file, "--mapping", MAPPING, "--json"]
        began = time.perf_counter()
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=file.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert f'"registered": {number}' in done.stdout, done.stdout[:500]
        return time.perf_counter() - began

    async def mapped() -> float:
        file = portfolio(bench.lab.new("portfolio.csv"), number)
        began = time.perf_counter()
        mapping = load_mapping(MAPPING)
        planned = plan((each for each in mapping.read(file) if isinstance(each, Row)), mapping.name)
        assert len(planned.systems) == number
        return time.perf_counter() - began

    return await pairs(bench.pairs, imported, mapped)


FIGURES = [
    Figure(
        name="import",
        what="`gatehouse import` of 1,067 rows, the whole command",
        against="reading and mapping the file alone",
        unit="s",
        more=False,
        measure=the_whole_command,
    )
]
