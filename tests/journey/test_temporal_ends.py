"""The embedded run's Temporal ends while it serves: it is begun again, and the clocks go on."""

import json
import os
import signal
from pathlib import Path

import httpx2

from deploy.local.process import wait_gone
from tests.journey.places import embedded, gatehouse
from tests.journey.walker import MEDIUM, Walker, wait_for


def test_a_temporal_that_ends_is_begun_again_and_keeps_the_clocks(tmp_path: Path) -> None:
    with embedded(tmp_path) as place:
        pidfile = place.folder / "temporal" / "temporal.pid"
        first = serving(pidfile)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_gone([first], within=10)
        with Walker(place) as walker:  # requests succeed meanwhile
            walker.post("/intake/v1/intakes", "rita", {"name": "Late", "owner": "omar", "answers": MEDIUM}, key="late")
        wait_for(lambda: serving(pidfile) not in (None, first), "another Temporal")
        wait_for(lambda: httpx2.get(f"{place.url('intake')}/readyz").is_success, "all of it ready again")

        def running() -> bool:
            found = gatehouse("workflows", "reconcile", "--data", str(place.folder))
            return found["expected"] == found["running"] > 0

        wait_for(running, "every clock running")


def serving(pidfile: Path) -> int | None:
    """The process that the file names; None between the end of one and the start of the next, when there is no file."""
    try:
        found: int = json.loads(pidfile.read_text())["pid"]
    except FileNotFoundError:
        return None
    return found
