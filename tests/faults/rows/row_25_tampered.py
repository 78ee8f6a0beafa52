"""Somebody with every right on the machine falsifies the log: each class of it is found, and by whom is said."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.transparency.checkpoint import peek
from shared.transparency.tree import Frontier
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.journey import tampering
from tests.journey.recorded import Recorded, record, verified
from tests.journey.tampering import SERVICE, Falsify

SEED = 25
OLD_COPY = "old copy"
BY_THE_LOG: Mapping[str, tuple[Falsify, ...]] = {
    "bit flip": (tampering.flip, tampering.flip_behind_its_leaf),
    "delete": (tampering.delete,),
    "insert": (tampering.insert,),
    "swap": (tampering.swap,),
}
BY_MEMORY: Mapping[str, tuple[Falsify, ...]] = {
    "truncate": (tampering.truncate,),
    OLD_COPY: (lambda folder, position: None, tampering.rewrite),
    "stolen key": (tampering.rewrite,),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the log alone finds the first thing wrong (None: nothing), and whether what others remember finds any."""

    place: int | None = None
    witness: bool = False
    kept: bool = False


async def run(lab: Lab) -> Result:
    """Seven classes at seeded places: four found by the log itself, at the place; three by those who remember."""
    recorded = record(lab.new("recorded"))
    broken = [] if _seen(recorded, recorded.folder) == Seen() else ["the untouched log does not verify"]
    classes = {**BY_THE_LOG, **BY_MEMORY}
    seen = {name: list(_falsified(lab, recorded, name, ways)) for name, ways in classes.items()}
    for name, copies in seen.items():
        alone = name in BY_THE_LOG
        broken += [f"{name} at {at}: {one}" for at, one in copies if one != Seen(at if alone else None, True, True)]
    return Result(
        broken=broken,
        figures={
            "falsified copies": sum(map(len, seen.values())),
            "classes found by the log alone": _whole(seen, lambda one: one.place is not None),
            "by a witness": _whole(seen, lambda one: one.witness),
            "by a kept checkpoint": _whole(seen, lambda one: one.kept),
        },
    )


async def control(lab: Lab) -> Result:
    """A verifier that compares roots only: what it reads beside the facts is not what it should have hashed."""
    recorded = record(lab.new("recorded"))
    dice, broken = random.Random(SEED), list[str]()
    for _ in range(lab.size(2, 50)):
        folder = recorded.copy(lab.new("copy"))
        position = dice.randrange(1, tampering.size(folder) - 1)
        tampering.flip_behind_its_leaf(folder, position)
        broken += [f"a changed byte at position {position} was taken for right"] if _roots_agree(folder) else []
        shutil.rmtree(folder)
    return Result(broken=broken)


def _falsified(lab: Lab, recorded: Recorded, name: str, ways: Sequence[Falsify]) -> Iterator[tuple[int, Seen]]:
    """Where each copy was falsified, and who saw it."""
    dice = random.Random(f"{SEED} {name}")
    for number in range(lab.size(2, 50)):
        folder = recorded.copy(lab.new("copy"), older=name == OLD_COPY)
        position = dice.randrange(1, tampering.size(folder) - 1)
        ways[number % len(ways)](folder, position)
        yield position, _seen(recorded, folder)
        shutil.rmtree(folder)


def _seen(recorded: Recorded, folder: Path) -> Seen:
    bad = verified(folder)["first_bad"]
    return Seen(
        place=None if bad is None else bad["position"],
        witness=not verified(folder, witness=recorded.witness)["verified"],
        kept=not verified(folder, against=recorded.kept)["verified"],
    )


def _whole(seen: Mapping[str, Sequence[tuple[int, Seen]]], by: Callable[[Seen], bool]) -> str:
    """In how many classes every copy was seen so."""
    return f"{sum(all(by(one) for _, one in copies) for copies in seen.values())} of {len(seen)}"


def _roots_agree(folder: Path) -> bool:
    """Whether the leaves beside the facts give the signed root."""
    with closing(sqlite3.connect(folder / SERVICE / "events.db")) as connection:
        leaves = [bytes(leaf) for (leaf,) in connection.execute("SELECT leaf FROM event ORDER BY pos")]
    tree = Frontier()
    tree.extend(leaves)
    return tree.root() == peek((folder / "tiles" / SERVICE / "checkpoint").read_bytes()).root


ROW = Row(
    number=25,
    fault="the log is falsified",
    injected="bit flip, delete, insert, swap; end cut off, old copy put back or forked, changed and signed anew",
    invariants=("I4",),
    run=run,
    without="hashing the facts themselves (roots compared only)",
    control=control,
)
