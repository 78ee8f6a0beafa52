"""The projector is killed inside its transaction, while the topic holds every tenth record twice."""

import asyncio

from shared.log.relay import Relay
from tests.faults.clients import writing
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import laid
from tests.faults.repeating import Repeating

FIRST = 300  # acknowledged appends before the first kill, so that there are whole batches
BETWEEN = 60


async def run(lab: Lab) -> Result:
    """Each projector dies in its second transaction, all effects made, nothing of them committed."""
    return await _killed(lab, kills=lab.size(2, 20), protected=True)


async def control(lab: Lab) -> Result:
    """A projector that gives each record its effect as often as it comes."""
    return await _killed(lab, kills=lab.size(0, 1), protected=False)


async def _killed(lab: Lab, *, kills: int, protected: bool) -> Result:
    async with laid(lab, lab.engines.kafka().bootstrap) as line:
        line.start(Relay(line.store, Repeating(line.log.writer())).run())
        options = {**line.options, "protected": protected}
        async with writing(line.store, line.history, pause=0.03) as clients:
            await clients.more(FIRST)
            for _ in range(kills):
                projector = lab.program("projecting", {**options, "dies_in": 2})
                await asyncio.to_thread(projector.wait, within=60)
                await clients.more(BETWEEN)
            lab.program("projecting", {**options})
        caught_up = await line.caught_up()
        findings, broken = await line.verdict()
        repeats = await line.repeats()
        broken = [*broken, *([] if repeats else ["no record came twice: nothing was tried"])]
        figures: dict[str, float] = {"kills": kills, "events": clients.acknowledged, "repeats in the topic": repeats}
        figures |= {"seconds to lag 0": caught_up}
        return Result(findings=findings, broken=broken, figures=figures)


ROW = Row(
    number=3,
    fault="the projector is killed inside its transaction",
    injected="SIGKILL between the effects and the commit; a tenth of the records twice in the topic",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="inbox and fence of the projection",
    control=control,
)
