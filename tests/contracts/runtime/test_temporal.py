"""Clocks on a real Temporal server: started once, told to look, traced; and leaving in order (DESIGN 17)."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from unittest.mock import patch

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from deploy.local.temporal import NAMESPACE, TemporalServer
from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import Keyring
from shared.runtime.settings import Settings
from shared.runtime.telemetry import continued, start_tracing
from shared.runtime.temporal import connect, look_again, start_clock, temporal_answers, work, worker
from tests.contracts.runtime.sample_clock import QUEUE, Hands, SampleClock, Subject
from tests.faults.proxy import Proxy, proxied

pytestmark = pytest.mark.temporal

NUMBERS = count(1)
CODEC = SealingCodec(Keyring("k1", {"k1": bytes(range(32))}), LiveEntropy())


@pytest.fixture
async def client(temporal_server: TemporalServer) -> Client:
    return await connect(temporal_server.address, NAMESPACE, CODEC)


@pytest.fixture
def subject() -> str:
    return f"s{next(NUMBERS)}"


async def begin(client: Client, subject: str, *, again: bool = False) -> bool:
    return await start_clock(
        client,
        workflow="sample-clock",
        subject=subject,
        workflow_id=f"sample-clock-{subject}",
        queue=QUEUE,
        event_id=f"event-of-{subject}",
        again=again,
    )


async def test_a_clock_is_started_once_while_it_runs_and_after_it_ended(client: Client, subject: str) -> None:
    assert await begin(client, subject)
    assert not await begin(client, subject)
    assert not await begin(client, subject, again=True)
    handle = client.get_workflow_handle(f"sample-clock-{subject}")
    assert (await (await handle.describe()).memo())["event_id"] == f"event-of-{subject}"
    hands = Hands(**{subject: Subject([datetime.now(UTC)])})
    async with worker(client, QUEUE, [SampleClock], [hands.next_instant, hands.notice]):
        await handle.result()
        assert not await begin(client, subject)
        assert await begin(client, subject, again=True)
        await handle.result()
    assert len(hands.subjects[subject].noticed) == 1


async def test_telling_a_clock_to_look_says_whether_one_runs(client: Client, subject: str) -> None:
    assert not await look_again(client, f"sample-clock-{subject}")
    known = Subject([datetime.now(UTC) + timedelta(days=900)])
    hands = Hands(**{subject: known})
    async with worker(client, QUEUE, [SampleClock], [hands.next_instant, hands.notice]):
        await begin(client, subject)
        known.settled = True
        assert await look_again(client, f"sample-clock-{subject}")
        await client.get_workflow_handle(f"sample-clock-{subject}").result()
    assert not await look_again(client, f"sample-clock-{subject}")


async def test_a_server_that_takes_a_connection_and_is_silent_is_given_up(temporal_server: TemporalServer) -> None:
    async with proxied(int(temporal_server.address.rpartition(":")[2])) as proxy:
        proxy.go_silent()
        with patch("shared.runtime.temporal.RPC_TIMEOUT", timedelta(seconds=1)):
            async with asyncio.timeout(5):
                with pytest.raises(RuntimeError, match="no answer"):
                    await connect(f"127.0.0.1:{proxy.port}", NAMESPACE, CODEC)


async def waits_and_works(proxy: Proxy, cut_off: Client, client: Client, subject: str, *, attempts: int) -> None:
    """A worker by a client that is cut off goes on trying, and works once the way is free."""
    hands, met = Hands(**{subject: Subject([datetime.now(UTC)])}), proxy.cut
    working = asyncio.create_task(work(cut_off, QUEUE, [SampleClock], [hands.next_instant, hands.notice]))
    async with asyncio.timeout(60):
        while proxy.cut < met + attempts:  # noqa: ASYNC110 - a proxy wakes nobody
            await asyncio.sleep(0.01)
        assert not working.done()
        proxy.heal()
        assert await begin(client, subject)
        await client.get_workflow_handle(f"sample-clock-{subject}").result()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


@pytest.mark.fault
async def test_a_worker_waits_for_a_server_that_is_away_when_it_begins(
    temporal_server: TemporalServer, client: Client, subject: str
) -> None:
    async with proxied(int(temporal_server.address.rpartition(":")[2])) as proxy:
        cut_off = await connect(f"127.0.0.1:{proxy.port}", NAMESPACE, CODEC)
        proxy.cut_after(0)
        proxy.reset_all()
        await waits_and_works(proxy, cut_off, client, subject, attempts=3)


@pytest.mark.fault
async def test_a_client_that_never_met_its_server_is_told_as_of_one_that_went_away(
    temporal_server: TemporalServer, client: Client, subject: str
) -> None:
    async with proxied(int(temporal_server.address.rpartition(":")[2])) as proxy:
        proxy.cut_after(0)
        lazy = await connect(f"127.0.0.1:{proxy.port}", NAMESPACE, CODEC, lazy=True)
        handle = lazy.get_workflow_handle(f"sample-clock-{subject}")
        for asked in (lambda: begin(lazy, subject), lambda: look_again(lazy, handle.id), handle.describe):
            with pytest.raises(RPCError) as unreached:
                await asked()
            assert unreached.value.status is RPCStatusCode.UNAVAILABLE
        await waits_and_works(proxy, lazy, client, subject, attempts=2)


async def test_a_lazy_client_gives_up_on_a_server_that_is_silent(temporal_server: TemporalServer) -> None:
    async with proxied(int(temporal_server.address.rpartition(":")[2])) as proxy:
        proxy.go_silent()
        lazy = await connect(f"127.0.0.1:{proxy.port}", NAMESPACE, CODEC, lazy=True)
        with patch("shared.runtime.reaching_temporal.PATIENCE_SECONDS", 1.0):
            async with asyncio.timeout(5):
                with pytest.raises(RPCError, match="can't be reached"):
                    await temporal_answers(lazy)


async def test_readiness_asks_temporal(client: Client) -> None:
    await temporal_answers(client)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", type(trace._TRACER_PROVIDER_SET_ONCE)())
    provider = start_tracing(Settings(trace_ratio=1.0), "worker")
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    provider.shutdown()


@pytest.fixture
async def traced_client(spans: InMemorySpanExporter, temporal_server: TemporalServer) -> Client:
    return await connect(temporal_server.address, NAMESPACE, CODEC)


async def test_the_trace_of_the_event_goes_on_in_the_workflow_and_its_activities(
    traced_client: Client, spans: InMemorySpanExporter, subject: str
) -> None:
    hands = Hands(**{subject: Subject([datetime.now(UTC)])})
    async with worker(traced_client, QUEUE, [SampleClock], [hands.next_instant, hands.notice]):
        with continued("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "start"):
            await begin(traced_client, subject)
        await traced_client.get_workflow_handle(f"sample-clock-{subject}").result()
    names = {
        span.name
        for span in spans.get_finished_spans()
        if span.context and trace.format_trace_id(span.context.trace_id) == "4bf92f3577b34da6a3ce929d0e0e4736"
    }
    assert {"start", "StartWorkflow:sample-clock", "RunActivity:sample.next-instant"} <= names


SHORT_PROCESS = """
import asyncio, sys
from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import Keyring
from shared.runtime.leaving import run
from shared.runtime.temporal import connect

async def main() -> str:
    codec = SealingCodec(Keyring("k1", {"k1": bytes(range(32))}), LiveEntropy())
    client = await connect(sys.argv[1], "default", codec)
    return client.namespace

print(run(main))
"""


def test_short_processes_that_used_temporal_end_with_zero(temporal_server: TemporalServer) -> None:
    for _ in range(4):
        command = [sys.executable, "-c", SHORT_PROCESS, temporal_server.address]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "default\n", "")
