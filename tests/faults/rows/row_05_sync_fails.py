"""The disk fails to keep what was written: EIO at each fsync and fdatasync of store and tile writer in turn."""

from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.sweeping import swept

FAULTS = [("fsync", "error=EIO"), ("fdatasync", "error=EIO")]


async def run(lab: Lab) -> Result:
    """What is acknowledged is there afterwards, and no checkpoint covers what is not."""
    return await swept(lab, FAULTS, range(1, lab.size(2, 1_000)))


async def control(lab: Lab) -> Result:
    """A store that acknowledges before it commits."""
    return await swept(lab, FAULTS[1:], range(1, 3), acknowledges_early=True)


ROW = Row(
    number=5,
    fault="forcing to the disk fails",
    injected="strace: EIO at the k-th fsync and fdatasync of each thread, k = 1 to the last",
    invariants=("I1", "I4"),
    run=run,
    without="the commit before the acknowledgement",
    control=control,
)
