"""The way to Temporal: a client with typed, encrypted, traced payloads, workers, and starts that happen once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import structlog
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from shared.refusals import Refused
from shared.runtime.codec import SealingCodec
from shared.runtime.reaching_temporal import Reaching, reached
from shared.runtime.timekeeping import LOOK, Watch
from shared.version import VERSION

BUILD: Final = WorkerDeploymentConfig(
    version=WorkerDeploymentVersion("gatehouse", VERSION), use_worker_versioning=False
)
"""What Temporal shows a worker to be. Without it the library reads the code of all that is loaded, to hash it."""
GRACE: Final = timedelta(seconds=10)
CACHED_WORKFLOWS: Final = 2_000
AGAIN_SECONDS: Final = 1.0
RPC_TIMEOUT: Final = timedelta(seconds=10)
"""A server that takes longer hangs: whoever asked tries again, instead of waiting with it."""

log = structlog.get_logger()


def data_converter(codec: SealingCodec) -> DataConverter:
    """Pydantic's types in, ciphertext out; messages and stack traces of failures are encrypted too."""
    return replace(
        pydantic_data_converter,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(address: str, namespace: str, codec: SealingCodec, *, lazy: bool = False) -> Client:
    """A client of that server. Raises `RuntimeError` while nothing answers there; a `lazy` one connects by its first
    call that meets a server, and until then each raises `RPCError` as for a server that is away."""
    try:
        async with asyncio.timeout(RPC_TIMEOUT.total_seconds()):
            return await Client.connect(
                address,
                namespace=namespace,
                data_converter=data_converter(codec),
                interceptors=[TracingInterceptor(), Reaching()],
                lazy=lazy,
            )
    except TimeoutError as error:
        raise RuntimeError(f"no answer from Temporal at {address}") from error


async def temporal_answers(client: Client) -> None:
    """For readiness: pass if the server serves; raises `Refused("unavailable")`."""
    async with reached():
        if not await client.service_client.check_health(timeout=GRACE):
            raise Refused("unavailable", "Temporal does not serve")


def worker(client: Client, queue: str, workflows: Sequence[type], activities: Sequence[Callable[..., Any]]) -> Worker:
    """A worker for one queue; run it as a context manager. What it is doing when stopped gets ten seconds to end."""
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        deployment_config=BUILD,
        graceful_shutdown_timeout=GRACE,
        max_cached_workflows=CACHED_WORKFLOWS,
    )


async def work(client: Client, queue: str, workflows: Sequence[type], activities: Sequence[Callable[..., Any]]) -> None:
    """Work on one queue until cancelled. A server that is away is waited for first: a worker that meets none when it
    begins ends for good, and its client takes no other. Later faults are waited out by Temporal's own core."""
    while True:
        try:
            await temporal_answers(client)
            break
        except (Refused, RPCError) as fault:
            log.warning("a worker waits for Temporal", queue=queue, reason=str(fault))
            await asyncio.sleep(AGAIN_SECONDS)
    # It is connected by now. The library goes by the wish alone, and gives no worker to a client that may not be.
    client.service_client.config.lazy = False
    await worker(client, queue, workflows, activities).run()


async def start_clock(
    client: Client, *, workflow: str, subject: str, workflow_id: str, queue: str, event_id: str, again: bool = False
) -> bool:
    """Start a clock exactly once (reliability C4); False if Temporal had it already.

    `event_id` is the fact that called for it. With `again` a run that ended is no reason not to start: for
    reconciling, after the store has said that the subject is not settled.
    """
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
    try:
        await client.start_workflow(
            workflow,
            Watch(subject),
            id=workflow_id,
            task_queue=queue,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={"event_id": event_id},
            rpc_timeout=RPC_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def look_again(client: Client, workflow_id: str) -> bool:
    """Tell a clock that something changed; False if none runs: it is settled, or its start will see the change."""
    try:
        await client.get_workflow_handle(workflow_id).signal(LOOK, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True
