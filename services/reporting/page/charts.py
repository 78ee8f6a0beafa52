"""Lines over months as SVG geometry: pure numbers in, path data out; months without data leave a gap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Value = float | None


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing area in SVG units: `top`, `right`, `bottom` and `left` are the margins around the plot."""

    width: int
    height: int
    top: int = 4
    right: int = 6
    bottom: int = 4
    left: int = 4

    def x(self, index: int, count: int) -> float:
        """The place of the month with that index."""
        span = self.width - self.left - self.right
        return round(self.left + (span * index / (count - 1) if count > 1 else span), 2)

    def y(self, value: float, ceiling: float) -> float:
        """The height of a value on a scale from 0 to `ceiling`."""
        span = self.height - self.top - self.bottom
        return round(self.top + span * (1 - min(max(value / ceiling, 0.0), 1.0)), 2)


SPARK: Final = Frame(168, 44)
CHART: Final = Frame(760, 240, top=12, right=16, bottom=28, left=52)


@dataclass(frozen=True, slots=True)
class Dot:
    """One month's value on the drawing."""

    x: float
    y: float
    index: int
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of values: path data with gaps, and a dot for each value."""

    path: str
    dots: Sequence[Dot]

    @property
    def last(self) -> Dot | None:
        """The newest value."""
        return self.dots[-1] if self.dots else None


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line of the scale and its value."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines in one frame and on one scale. `goal` is the height of the target's line."""

    frame: Frame
    lines: Sequence[Line]
    goal: float | None
    ticks: Sequence[Tick]
    months: Sequence[float]


def plot(frame: Frame, series: Sequence[Sequence[Value]], *, share: bool, goal: float | None) -> Plot:
    """The drawing of series of equal length. Shares have a scale from 0 to 1, others end at a round number."""
    count = len(series[0])
    known = [value for values in series for value in values if value is not None]
    ceiling = 1.0 if share else _round_up(max([*known, goal or 0.0, 1.0]))
    return Plot(
        frame,
        [_line(frame, values, ceiling) for values in series],
        None if goal is None else frame.y(goal, ceiling),
        [Tick(frame.y(ceiling * part / 4, ceiling), ceiling * part / 4) for part in range(5)],
        [frame.x(index, count) for index in range(count)],
    )


def _line(frame: Frame, values: Sequence[Value], ceiling: float) -> Line:
    dots, parts, pen = [], [], "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        dot = Dot(frame.x(index, len(values)), frame.y(value, ceiling), index, value)
        dots.append(dot)
        parts.append(f"{pen}{dot.x:g} {dot.y:g}")
        pen = "L"
    return Line("".join(parts), dots)


def _round_up(value: float) -> float:
    unit: float = 10 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= value)
