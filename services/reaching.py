"""The way to the Temporal that the settings name."""

import asyncio
from typing import Final

import structlog
from temporalio.client import Client

from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.settings import Settings, SettingsError
from shared.runtime.temporal import connect

_log = structlog.get_logger()
_AGAIN_SECONDS: Final = 1.0


async def reach_temporal(settings: Settings) -> Client:
    """A client, as soon as a server answers."""
    while True:
        try:
            return await connect_to(settings)
        except RuntimeError as error:  # what temporalio raises for a server that does not answer
            _log.warning("waiting for Temporal", address=settings.temporal_address, reason=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)


async def connect_to(settings: Settings, *, lazy: bool = False) -> Client:
    """A client. Raises `RuntimeError` while nothing answers there, if `lazy` only once it is used (`RPCError`)."""
    if settings.temporal_address is None:
        raise SettingsError("GATEHOUSE_TEMPORAL_ADDRESS is needed for role worker")
    entropy = LiveEntropy()
    codec = SealingCodec(keyring(settings.path("codec_key_file"), entropy), entropy)
    return await connect(settings.temporal_address, settings.temporal_namespace, codec, lazy=lazy)
