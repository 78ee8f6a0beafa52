"""The summary of a play for people: tables in a terminal."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.example.play import Play
from services.example.summary import Summary
from services.reporting.api.answers import FigureOut, KpiOut
from services.reporting.page.words import amount, goal_words, value_in
from services.verifying.verdict import first_bad

_TIERS: Final = ("low", "medium", "high", "prohibited")
_JUDGED: Final[Mapping[bool | None, tuple[str, str]]] = {
    True: ("yes", "green"),
    False: ("no", "red"),
    None: ("–", "dim"),
}


def show(console: Console, play: Play, found: Summary, answer: Mapping[str, Any]) -> None:
    """Print everything; `answer` is the verdict on the logs."""
    span = f"{play.start:%-d %b %Y} to {play.end:%-d %b %Y}"
    console.print(Text(f"\nThe example organisation, {span} (seed {play.seed})", style="bold"))
    console.print(Group(*_counts(found), _kpis(found.kpis), _logs(answer)))


def _counts(found: Summary) -> list[RenderableType]:
    clocks = {name: getattr(found.clocks, name) for name in type(found.clocks).__slots__}
    tiers = {name: found.tiers[name] for name in (*_TIERS, *found.tiers) if name in found.tiers}
    return [
        _row(f"{found.systems} systems by tier", tiers),
        _row("Where they stand", found.stands),
        _row(f"{sum(found.reviews.values())} reviews", {k.replace("_", " "): v for k, v in found.reviews.items()}),
        _row("Clocks", clocks),
    ]


def _row(title: str, counts: Mapping[str, int]) -> Table:
    table = _table(title)
    for name in counts:
        table.add_column(name, justify="right")
    table.add_row(*(f"{count:,}" for count in counts.values()))
    return table


def _kpis(kpis: tuple[KpiOut, ...]) -> Table:
    table = _table("KPIs")
    table.add_column("")
    table.add_column("KPI", no_wrap=True)
    for name in ("value", "of", "target", "met", *_TIERS[:3]):
        table.add_column(name, justify="right")
    for kpi in kpis:
        tiers = {one.tier: one for one in kpi.by_tier}
        goals = [goal_words(kpi.unit, goal.at_least, goal.below) for goal in kpi.goals if goal.stage == "target"]
        fraction = f"{amount(kpi.numerator)} / {amount(kpi.denominator)}"
        judged = Text(*_JUDGED[kpi.met])
        numbers = [_judged(kpi.unit, tiers.get(name)) for name in _TIERS[:3]]
        table.add_row(
            str(kpi.number), kpi.name, value_in(kpi.unit, kpi.value), fraction, ", ".join(goals), judged, *numbers
        )
    return table


def _judged(unit: str, figure: FigureOut | None) -> Text:
    if figure is None:
        return Text("–", style="dim")
    return Text(value_in(unit, figure.value), style="" if figure.met is None else _JUDGED[figure.met][1])


def _logs(answer: Mapping[str, Any]) -> Table:
    verified = answer["verified"]
    table = _table(f"Logs: {'verified' if verified else 'NOT verified'}; derived tables: {answer['projections']}")
    table.add_column("service")
    table.add_column("facts", justify="right")
    table.add_column("root", no_wrap=True)
    for service, log in answer["services"].items():
        table.add_row(service, f"{log['size']:,}", log["root"])
    if (first := answer["first_bad"]) is not None:
        table.caption = first_bad(first)
    return table


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", header_style="dim", box=None, padding=(0, 2, 0, 0)
    )
