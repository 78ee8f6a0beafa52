"""`python -m services.run --role ROLE [--service NAME]`: one process of the platform, playing one role.

Roles: api, relay, consumer, worker; without `--service` for all four services at once. Everything else is settings
(`GATEHOUSE_*`). Every role answers `/healthz`, `/readyz` and `/metrics` on its port.
"""

import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FrameType

from shared.runtime.collector import hold_the_collector


def main(arguments: Sequence[str]) -> int:
    """Exit code 2, and why in one line, when a setting can't be used, or a file that one names."""
    signal.signal(signal.SIGTERM, _leave)
    hold_the_collector()  # before anything large is loaded; once it stands, `host` spares it
    played: Callable[[Sequence[str]], int] = import_module("services.playing").main
    return played(arguments)


def _leave(number: int, frame: FrameType | None) -> None:
    """Told to end while it loads, waits at the gate or opens its engines: at once, in order, and nothing is wrong.

    The kernel gives a container's first process no signal that it does not handle: it would go on for the whole grace
    period and then be killed. `host` handles the signal otherwise, once there are requests to end.
    """
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
