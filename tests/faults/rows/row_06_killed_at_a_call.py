"""The process dies at each of its writes, renames and syncs in turn, while it appends and signs."""

from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.sweeping import swept

KILL = "signal=KILL"
FAULTS = [(calls, KILL) for calls in ("write,pwrite64", "rename", "fsync", "fdatasync")]


async def run(lab: Lab) -> Result:
    """The checkpoint is never ahead of the rows and tiles that it covers."""
    return await swept(lab, FAULTS, range(1, lab.size(2, 1_000)))


async def control(lab: Lab) -> Result:
    """A tile writer that publishes the checkpoint before its tiles."""
    return await swept(lab, FAULTS[1:2], range(1, 5), hasty=True)


ROW = Row(
    number=6,
    fault="killed at a system call",
    injected="strace: SIGKILL at the k-th write, rename, fsync and fdatasync of each thread, k = 1 to the last",
    invariants=("I1", "I4"),
    run=run,
    without="the tiles before the checkpoint",
    control=control,
)
