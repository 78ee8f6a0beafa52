"""`python -m tests.workflows.record NAME`: run a review's life on the skipping server and store its clock's history."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.testing import WorkflowEnvironment

from services.review.consumer.workflow_starts import workflow_of
from shared.policy.bundle import load_bundle
from shared.runtime.leaving import run
from shared.runtime.temporal import data_converter
from tests.services.review.world import TestClock, World, link, world
from tests.workflows.conftest import skipping_server
from tests.workflows.hands import CODEC, DAY, SteppedHands, clock_worker, hands_of, until

HISTORIES = Path(__file__).parent / "histories"


async def live(environment: WorkflowEnvironment, review: World, hands: SteppedHands) -> str:
    """Reminders, a submission, a pause, an answer, a decision; returns the workflow's id."""
    review_id = await review.opened("low")
    await until(lambda: hands.asked == 1)
    await environment.sleep(9 * DAY)
    for act in ("submission", "ask", "answer", "approve"):
        review.clock.now = max(review.clock.now, await environment.get_current_time())
        before = hands.asked
        match act:
            case "submission":
                await review.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
                await review.posted(f"/reviews/{review_id}/submission", None, "rita")
            case "ask":
                await review.sign_off(review_id, "product", "request_changes")
            case "answer":
                await review.posted(f"/reviews/{review_id}/answers", {"answer": "done"}, "rita")
            case _:
                await review.sign_off(review_id, "product")
        await review.settled()
        await until(lambda seen=before: hands.asked > seen)  # type: ignore[misc]  # bound early on purpose
        if act != "approve":
            await environment.sleep(DAY)
    return workflow_of(review_id)


async def record(name: str) -> None:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(CODEC),
        interceptors=[TracingInterceptor()],
        test_server_existing_path=skipping_server(),
    ) as environment:
        with tempfile.TemporaryDirectory() as folder:
            clock = TestClock(await environment.get_current_time())
            async with world(Path(folder), load_bundle(), environment.client, clock) as review:
                await review.staffed()
                hands = hands_of(review)
                async with clock_worker(environment.client, hands):
                    handle = environment.client.get_workflow_handle(await live(environment, review, hands))
                    await handle.result()
                    history = await handle.fetch_history()
    path = HISTORIES / f"{name}.json"
    kept = json.dumps(without_machine(json.loads(history.to_json())), indent=1)
    await asyncio.to_thread(path.write_text, kept + "\n")


def without_machine(value: Any) -> Any:
    """The history without the names of the machine and processes that ran it, which replaying does not need."""
    if isinstance(value, dict):
        return {
            name: "worker" if name in ("identity", "name") and "@" in str(each) else without_machine(each)
            for name, each in value.items()
        }
    return [without_machine(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    run(lambda: record(sys.argv[1]))
