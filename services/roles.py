"""The roles a process can play, and which runners each needs (DESIGN, Roles). The same build plays them all."""

from collections.abc import Sequence
from typing import Final

from services.process import Process
from services.signing import signer_of
from shared.log.relay import Relay
from shared.runtime.service import Runner, Service
from shared.runtime.temporal import work

ROLES: Final = ("api", "relay", "consumer", "worker")


class WorkerRunner:
    """Temporal's worker of one service; only a process with a client has it."""

    def __init__(self, process: Process, service: Service) -> None:
        self.name = f"gatehouse/{service.name}/worker"
        self._client = process.parts.temporal
        self._service = service

    async def run(self) -> None:
        """Work until cancelled; what is being done then gets ten seconds to end."""
        assert self._client is not None
        assert self._service.task_queue is not None
        await work(self._client, self._service.task_queue, self._service.workflows, self._service.activities)


def runners_of(process: Process, roles: Sequence[str]) -> list[Runner]:
    """Everything that must be kept at work for these roles; role api has none, it answers."""
    runners: list[Runner] = []
    for service in process.services:
        if "relay" in roles:
            runners += [Relay(service.store, process.log.writer()), signer_of(process, service)]
        if "consumer" in roles:
            runners += [*service.projections, *service.commanders]
        if "worker" in roles and process.parts.temporal is not None:
            runners += service.starters
            if service.workflows:
                runners.append(WorkerRunner(process, service))
    return runners
