"""`python -m services.bench PART STAGE`: one part of the growth run in a process of its own, so that its memory is its
alone. Prints one JSON object."""

import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from services.bench.parts import Stage, measured
from shared.runtime.collector import spare_the_collector
from shared.runtime.leaving import leave
from shared.runtime.telemetry import start_logging


def main(arguments: Sequence[str]) -> None:
    """Measure, and tell with the greatest memory that this process ever held."""
    name, asked = arguments
    start_logging("warning")
    spare_the_collector()  # as every process of the product does
    stage = json.loads(asked)
    found = measured(name, Stage(**{**stage, "folder": Path(stage["folder"])}))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({**found, "memory_mib": round(kilobytes / 1024, 1)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
    leave()
