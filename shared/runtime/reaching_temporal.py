"""A Temporal that has never answered is told of as one that went away: by the `RPCError` that everybody waits out.

A client that connects when it is first used raises `RuntimeError` while it can't, and hangs with a server that takes
the connection and is silent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from temporalio.client import (
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    WorkflowExecutionDescription,
    WorkflowHandle,
)
from temporalio.service import RPCError, RPCStatusCode

PATIENCE_SECONDS: Final = 30.0
"""Longer than a call's own timeout with the tries that the library makes of it: only a connect takes longer."""


@asynccontextmanager
async def reached() -> AsyncIterator[None]:
    """What is called inside connects first, where need be. Raises `RPCError` (unavailable) where it can't."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    except (RuntimeError, TimeoutError) as error:
        raise RPCError(f"Temporal can't be reached: {error}", RPCStatusCode.UNAVAILABLE, b"") from error


class Reaching(Interceptor):
    """Every call by which clocks are started, told and asked about, made as `reached` says."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the library's name
        """Stand before the calls."""
        return _Outbound(next)


class _Outbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - as above
        async with reached():
            return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - as above
        async with reached():
            await super().signal_workflow(input)

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:  # noqa: A002 - as above
        async with reached():
            return await super().describe_workflow(input)
