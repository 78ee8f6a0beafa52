"""Histories that ran once must go on with today's code, for running clocks are never ended by a release.

A history is added when the workflow changes, never edited: `python -m tests.workflows.record NAME`.
"""

import json
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import Replayer

from services.review.workflows import ReviewClock
from shared.runtime.temporal import data_converter
from tests.workflows.changed import ChangedClock
from tests.workflows.hands import CODEC

STORED = sorted((Path(__file__).parent / "histories").glob("*.json"))


def history_in(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


async def replay(workflow: type, history: WorkflowHistory) -> None:
    """Payloads are encrypted under the tests' key."""
    replayer = Replayer(workflows=[workflow], data_converter=data_converter(CODEC), interceptors=[TracingInterceptor()])
    await replayer.replay_workflow(history)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_goes_on_with_todays_code(path: Path) -> None:
    await replay(ReviewClock, history_in(path))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_careless_change_is_caught(path: Path) -> None:
    with pytest.raises(Exception, match="TMPRL1100"):
        await replay(ChangedClock, history_in(path))


def test_the_stored_histories_hold_what_can_happen_to_a_clock() -> None:
    assert STORED
    found = {event.event_type for path in STORED for event in history_in(path).events}
    assert found >= {
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_TIMER_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    }
