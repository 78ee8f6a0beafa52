"""The growth run as a drawing: a small panel per part, events to the right, cost and memory upwards."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

WIDTH: Final = 860
PANEL: Final = (160, 110)
GAP: Final = (12, 46)
ACROSS: Final = 5
STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 10px; fill: #59636e }
  .frame { fill: none; stroke: #d1d9e0 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .dot { fill: #0969da }
  .memory { fill: none; stroke: #9a6700; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .frame { stroke: #3d444d }
    .line { stroke: #4493f8 } .dot { fill: #4493f8 } .memory { stroke: #d29922 }
  }
"""
"""Its own colours for light and dark; the ground is the page's."""


def plotted(found: Mapping[str, Any]) -> str:
    """An SVG document. Each part's panel has a scale of its own, from nothing to its greatest value."""
    parts: Sequence[tuple[str, Mapping[str, Any]]] = list(found["parts"].items())
    rows = -(-len(parts) // ACROSS)
    height = 30 + rows * (PANEL[1] + GAP[1])
    drawn = [_panel(number, name, part, found["events"]) for number, (name, part) in enumerate(parts)]
    told = "Cost by number of events: solid is the rate or the time, dashed the process's memory, each from zero up."
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{told}">'
    return "\n".join(
        [head, f"<style>{STYLE}</style>", f'<text x="4" y="16" class="small">{told}</text>', *drawn, "</svg>", ""]
    )


def _panel(number: int, name: str, part: Mapping[str, Any], events: Sequence[int]) -> str:
    left = 4 + number % ACROSS * (PANEL[0] + GAP[0])
    top = 46 + number // ACROSS * (PANEL[1] + GAP[1])
    line, memory = _points(part["values"], events, left, top), _points(part["memory_mib"], events, left, top)
    dots = [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in line]
    under = top + PANEL[1] + 13
    highest = f"{max(part['values']):,.0f} {part['unit']} · {max(part['memory_mib']):.0f} MiB"
    return "\n".join(
        [
            f'<text x="{left}" y="{top - 6}">{name} <tspan class="small">{highest}</tspan></text>',
            f'<rect class="frame" x="{left}" y="{top}" width="{PANEL[0]}" height="{PANEL[1]}"/>',
            f'<polyline class="memory" points="{_joined(memory)}"/>',
            f'<polyline class="line" points="{_joined(line)}"/>',
            *dots,
            f'<text class="small" x="{left}" y="{under}">{events[0]:,}</text>',
            f'<text class="small" x="{left + PANEL[0]}" y="{under}" text-anchor="end">{events[-1]:,}</text>',
        ]
    )


def _points(values: Sequence[float], events: Sequence[int], left: float, top: float) -> list[tuple[float, float]]:
    """Places in a panel: to the right by the logarithm of the events, upwards by the value."""
    first, span = math.log(events[0]), math.log(events[-1]) - math.log(events[0]) or 1.0
    greatest = max(values)
    return [
        (
            left + 8 + (math.log(size) - first) / span * (PANEL[0] - 16),
            top + PANEL[1] - value / greatest * (PANEL[1] - 12),
        )
        for size, value in zip(events, values, strict=True)
    ]


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
