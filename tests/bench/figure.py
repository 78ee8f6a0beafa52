"""A figure: what is measured, against what, where it must not fall below, and the samples of one run."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.bench import Bench

Sample = Callable[[], Awaitable[float]]
ORDER: Final = (
    "intakes",
    "appends",
    "relaying",
    "rebuilding",
    "verifying",
    "kpis",
    "batch",
    "importing",
    "visible",
    "frozen",
)
"""The files of the room `figures`, in the order in which they are measured and shown: what needs more comes later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """One run's measurements; where there is something to compare with, `ours[n]` was taken beside `theirs[n]`."""

    ours: Sequence[float]
    theirs: Sequence[float] = ()

    @property
    def value(self) -> float:
        """The median of the ratios pair by pair, so that a machine whose speed drifts cancels out; without
        something to compare with, the median."""
        if not self.theirs:
            return median(self.ours)
        return median(one / other for one, other in zip(self.ours, self.theirs, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`floor` is what must hold, `aim` what we want; both None where the figure is only stated. `more` says whether
    more is better. `unit` is that of the samples; a figure with something to compare with has none itself."""

    name: str
    what: str
    against: str = ""
    unit: str
    floor: float | None = None
    aim: float | None = None
    more: bool = True
    in_short: bool = True
    measure: Callable[[Bench], Awaitable[Samples]]

    def reaches(self, value: float, bound: float | None) -> bool | None:
        """Whether a value is at least as good as the bound; None without one."""
        if bound is None:
            return None
        return value >= bound if self.more else value <= bound


async def pairs(count: int, ours: Sample, theirs: Sample) -> Samples:
    """Measure both in turn, so often; a first pair, in which everything is still cold, does not count."""
    await ours()
    await theirs()
    taken = [(await ours(), await theirs()) for _ in range(count)]
    return Samples(ours=[one for one, _ in taken], theirs=[other for _, other in taken])


def figures() -> Sequence[Figure]:
    """Every figure there is; each file of the room `figures` has one or a few."""
    present = {file.stem for file in Path(__file__).with_name("figures").glob("*.py")}
    if present != set(ORDER):
        raise AssertionError(f"not in the order: {present ^ set(ORDER)}")
    return [figure for name in ORDER for figure in import_module(f"tests.bench.figures.{name}").FIGURES]
