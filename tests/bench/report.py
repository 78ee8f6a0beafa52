"""A run as people and programs read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.figure import Figure, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A figure that was measured; `missing` names the part for the lack of which it was not."""

    figure: Figure
    samples: Samples | None = None
    missing: str = ""
    seconds: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether it fell below its floor."""
        return self.samples is not None and self.figure.reaches(self.samples.value, self.figure.floor) is False

    @property
    def outcome(self) -> str:
        """In a word."""
        if self.samples is None:
            return f"not run: {self.missing}"
        if self.figure.floor is None:
            return "stated"
        if self.missed:
            return "FLOOR MISSED"
        return "aim" if self.figure.reaches(self.samples.value, self.figure.aim) else "floor"


def as_json(done: Sequence[Done], machine: Mapping[str, Any], form: str) -> dict[str, Any]:
    """Everything, with every sample."""
    return {"machine": dict(machine), "form": form, "figures": [_plain(each) for each in done]}


def as_markdown(done: Sequence[Done], machine: Mapping[str, Any]) -> str:
    """The table of `docs/performance.md`."""
    lines = [
        _machine(machine),
        "Each ratio is the median over pairs taken in turn in one run: what both sides reached tells how fast the",
        "machine was, the ratio how fast Gatehouse is.",
        "",
        "| what | against | found | floor | aim | ours | theirs | pairs |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for each in done:
        figure, samples = each.figure, each.samples
        if samples is None:
            lines.append(f"| {figure.what} | {figure.against or '–'} | not run: {each.missing} | | | | | |")
            continue
        unit = figure.unit
        found = number(samples.value) if samples.theirs else f"{number(samples.value)} {unit}"
        cells = [figure.what, figure.against or "–", f"**{found}**{'' if not each.missed else ' (missed)'}"]
        cells += [bound(figure, figure.floor), bound(figure, figure.aim)]
        cells += [_middle(samples.ours, unit), _middle(samples.theirs, unit), str(len(samples.ours))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def bound(figure: Figure, value: float | None) -> str:
    """A floor or an aim in words."""
    return "stated" if value is None else f"{'≥' if figure.more else '≤'} {value:g}"


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _middle(values: Sequence[float], unit: str) -> str:
    return f"{number(sorted(values)[len(values) // 2])} {unit}" if values else "–"


def _machine(machine: Mapping[str, Any]) -> str:
    return (
        f"Measured on {machine['processors']} processors ({machine['model']}), {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}."
    )


def _plain(each: Done) -> dict[str, Any]:
    figure, samples = each.figure, each.samples
    return {
        "name": figure.name,
        "what": figure.what,
        "against": figure.against or None,
        "unit": figure.unit,
        "floor": figure.floor,
        "aim": figure.aim,
        "more_is_better": figure.more,
        "value": None if samples is None else samples.value,
        "outcome": each.outcome,
        "seconds": round(each.seconds, 1),
        "ours": [] if samples is None else list(samples.ours),
        "theirs": [] if samples is None else list(samples.theirs),
    }
