"""A worker whose Temporal is away says how it is, is no container to be ended, and begins once Temporal is there."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from deploy.local.process import Child, free_port
from deploy.local.temporal import NAMESPACE, TemporalServer
from services.process import prepare_embedded
from shared.runtime.gate import Gate
from shared.runtime.settings import Settings
from tests.engines import engine_folder, or_missing
from tests.services.embedded.test_gate import waits_for_a_lock

pytestmark = pytest.mark.temporal


@dataclass
class Worker:
    """The process of role worker, and the Temporal that it is told of, not started yet."""

    child: Child
    url: str
    temporal: TemporalServer

    def status(self, path: str) -> int:
        try:
            return httpx2.get(f"{self.url}{path}", timeout=5).status_code
        except httpx2.TransportError:  # not listening yet
            return 0

    def unready(self) -> list[str]:
        answer = httpx2.get(f"{self.url}/readyz", timeout=5)
        assert answer.status_code == 503
        return [error["detail"].partition(":")[0] for error in answer.json()["errors"]]


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    await prepare_embedded(Settings(data=tmp_path))
    with engine_folder("temporal") as folder:
        temporal, port = or_missing(lambda: TemporalServer(folder)), free_port()
        told = {"GATEHOUSE_DATA": str(tmp_path), "GATEHOUSE_PORT": str(port)}
        told["GATEHOUSE_TEMPORAL_ADDRESS"] = temporal.address
        command = [sys.executable, "-m", "services.run", "--role", "worker"]
        child = Child(command, log=tmp_path / "worker.log", environment=told)
        try:
            yield Worker(child, f"http://127.0.0.1:{port}", temporal)
        finally:
            child.kill()
            temporal.stop()


async def test_a_worker_answers_while_temporal_is_away_and_works_once_it_is_there(worker: Worker) -> None:
    worker.child.wait_until(lambda: worker.status("/healthz") == httpx2.codes.OK, within=60)
    assert "temporal" in worker.unready()
    worker.temporal.start()
    worker.child.wait_until(lambda: worker.status("/readyz") == httpx2.codes.OK, within=60)
    client = await Client.connect(worker.temporal.address)
    for queue in ("intake", "review"):
        while not await pollers(client, queue):
            assert worker.child.alive, worker.child.tail()
    worker.child.stop(within=30)
    assert worker.child.exit_code == 0


async def test_a_worker_that_waits_for_temporal_ends_when_it_is_told_to(worker: Worker) -> None:
    worker.child.wait_until(lambda: worker.status("/healthz") == httpx2.codes.OK, within=60)
    worker.child.send(signal.SIGTERM)
    assert worker.child.wait(within=20) == 0, worker.child.tail()


def test_a_role_that_waits_at_its_gate_handles_the_signal_that_ends_it(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    gate.shut()
    command = [sys.executable, "-m", "services.run", "--role", "relay", "--gate", str(gate.path)]
    role = Child(command, log=tmp_path / "role.log", environment={**os.environ, "GATEHOUSE_DATA": str(tmp_path)})
    try:
        role.wait_until(lambda: waits_for_a_lock(role.pid), within=60)
        role.send(signal.SIGTERM)
        assert role.wait(within=20) == 0, role.tail()
    finally:
        gate.open()
        if role.alive:
            role.kill()


async def pollers(client: Client, queue: str) -> int:
    asked = DescribeTaskQueueRequest(
        namespace=NAMESPACE, task_queue=TaskQueue(name=queue), task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
    )
    return len((await client.workflow_service.describe_task_queue(asked)).pollers)
