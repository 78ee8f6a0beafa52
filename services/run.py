"""`python -m services.run --role ROLE [--service NAME]`: one process of the platform, playing one role.

Roles: api, relay, consumer, worker; without `--service` for all four services at once. Everything else is settings
(`GATEHOUSE_*`). Every role answers `/healthz`, `/readyz` and `/metrics` on its port.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from shared.runtime.collector import hold_the_collector


def main(arguments: Sequence[str]) -> int:
    """Exit code 2 when a setting can't be used."""
    hold_the_collector()  # before anything large is loaded; once it stands, `host` spares it
    played: Callable[[Sequence[str]], int] = import_module("services.playing").main
    return played(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
