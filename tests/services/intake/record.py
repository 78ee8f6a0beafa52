"""`python -m tests.services.intake.record NAME`: run an intake's triage on the skipping server, store its history."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from services.intake.consumer.clocks import workflow_of
from shared.policy.bundle import load_bundle
from shared.runtime.leaving import run
from tests.services.intake.answers import HIGH
from tests.services.intake.temporal import DAY, clock_worker, hands_of, skipping
from tests.services.intake.world import TestClock, until, world
from tests.workflows.record import without_machine

HISTORIES = Path(__file__).parent / "histories"


async def record(name: str) -> None:
    """A reminder, a question that the submitter leaves alone for a while, and a ruling."""
    async with skipping() as environment:
        with tempfile.TemporaryDirectory() as folder:
            clock = TestClock(await environment.get_current_time())
            async with world(Path(folder), load_bundle(), environment.client, clock) as intake:
                hands = hands_of(intake)

                async def asked_since(before: int) -> bool:
                    return hands.asked > before

                async with clock_worker(environment.client, hands):
                    told = await intake.submit(answers=HIGH)
                    await until(lambda: asked_since(0))
                    await environment.sleep(DAY / 4)
                    for path, body in (
                        ("request-answers", {"attributes": ["scale"], "reason": "how many?"}),
                        ("confirm", {"reason": "as proposed"}),
                    ):
                        clock.set(await environment.get_current_time())
                        before = hands.asked
                        await intake.post(f"/intakes/{told['id']}/{path}", body, who="tess")
                        await until(lambda seen=before: asked_since(seen))  # type: ignore[misc]  # bound early on purpose
                        await environment.sleep(9 * DAY)
                    handle = environment.client.get_workflow_handle(workflow_of(told["id"], 1))
                    await handle.result()
                    history = await handle.fetch_history()
    kept = json.dumps(without_machine(json.loads(history.to_json())), indent=1)
    await asyncio.to_thread((HISTORIES / f"{name}.json").write_text, kept + "\n")


if __name__ == "__main__":
    HISTORIES.mkdir(exist_ok=True)
    run(lambda: record(sys.argv[1]))
