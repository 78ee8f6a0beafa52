"""What `services.run` does once it may load all of it: the role's code first, then its engines, then the role."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog

from services.hosting import host
from services.process import load, opened
from services.reaching import connect_to
from services.roles import ROLES
from services.signing import write_trust
from shared.runtime import leaving
from shared.runtime.gate import pass_through
from shared.runtime.grants import MappingError
from shared.runtime.key_files import KeyFileError
from shared.runtime.settings import SERVICES, Settings, SettingsError
from shared.runtime.telemetry import start_logging, start_tracing

_log = structlog.get_logger()


async def play(settings: Settings, role: str, names: Sequence[str]) -> None:
    """Play one role until told to end."""
    tracing = start_tracing(settings, role)

    async def announce(url: str) -> None:
        _log.info("ready", url=url, role=role, services=list(names))

    try:
        # A worker answers how it is while Temporal is away, and so is not ended for it: its runners wait by themselves.
        temporal = await connect_to(settings, lazy=True) if role == "worker" else None
        async with opened(settings, names, temporal=temporal) as process:
            if role == "relay":
                write_trust(process)
            await host(process, [role], announce)
    finally:
        tracing.shutdown()


def main(arguments: Sequence[str]) -> int:
    """As `services.run` says."""
    parser = argparse.ArgumentParser(prog="python -m services.run", description="Play one role of the platform.")
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument("--service", choices=SERVICES, action="append", help="may be repeated; default: all")
    parser.add_argument("--gate", type=Path, metavar="FILE", help="load, then wait until no process holds FILE's lock")
    asked = parser.parse_args(arguments)
    names = asked.service or SERVICES
    try:
        settings = Settings.from_environment(os.environ)
        start_logging(settings.log_level)
        if asked.gate is not None:
            load(names)
            pass_through(asked.gate)
        leaving.run(partial(play, settings, asked.role, names))
    except (SettingsError, KeyFileError, MappingError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
