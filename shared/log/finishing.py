"""Work that must not be left half done because its task is told to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do it whole, also when cancelled meanwhile; the cancellation then goes on, and what the work raised is logged."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if (error := task.exception()) is not None:
            log.warning("left half done all the same", work=repr(work), reason=repr(error))
        raise
