"""`python -m services.run --role ROLE [--service NAME]`: one process of the platform, playing one role.

Roles: api, relay, consumer, worker; without `--service` for all four services at once. Everything else is settings
(`GATEHOUSE_*`). Every role answers `/healthz`, `/readyz` and `/metrics` on its port.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from functools import partial

import structlog
from temporalio.client import Client

from services.hosting import host
from services.process import opened
from services.roles import ROLES
from shared.runtime import leaving
from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.settings import SERVICES, Settings, SettingsError
from shared.runtime.telemetry import start_logging, start_tracing
from shared.runtime.temporal import connect

_log = structlog.get_logger()
_AGAIN_SECONDS = 1.0


async def play(settings: Settings, role: str, names: Sequence[str]) -> None:
    """Play one role until told to end."""
    tracing = start_tracing(settings, role)

    async def announce(url: str) -> None:
        _log.info("ready", url=url, role=role, services=list(names))

    try:
        temporal = await reach_temporal(settings) if role == "worker" else None
        async with opened(settings, names, temporal=temporal) as process:
            await host(process, [role], announce)
    finally:
        tracing.shutdown()


async def reach_temporal(settings: Settings) -> Client:
    """A client of the Temporal that the settings name, as soon as it answers."""
    while True:
        try:
            return await connect_to(settings)
        except RuntimeError as error:  # what temporalio raises for a server that does not answer
            _log.warning("waiting for Temporal", address=settings.temporal_address, reason=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)


async def connect_to(settings: Settings) -> Client:
    """A client of the Temporal that the settings name. Raises `RuntimeError` while nothing answers there."""
    if settings.temporal_address is None:
        raise SettingsError("GATEHOUSE_TEMPORAL_ADDRESS is needed for role worker")
    entropy = LiveEntropy()
    codec = SealingCodec(keyring(settings.path("codec_key_file"), entropy), entropy)
    return await connect(settings.temporal_address, settings.temporal_namespace, codec)


def main(arguments: Sequence[str]) -> int:
    """Exit code 2 when a setting can't be used."""
    parser = argparse.ArgumentParser(prog="python -m services.run", description=__doc__)
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument("--service", choices=SERVICES, action="append", help="may be repeated; default: all")
    asked = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        start_logging(settings.log_level)
        leaving.run(partial(play, settings, asked.role, asked.service or SERVICES))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
