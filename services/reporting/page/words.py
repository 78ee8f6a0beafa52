"""How numbers, instants and people are put into words on the pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.runtime.people import Card

NO_DATA: Final = "no data"
_JOINED: Final = "\N{NO-BREAK SPACE}"
"""Between a number and its unit: they stay on one line."""
_NAMED: Final = 2
_PLAIN_DAYS: Final = timedelta(days=3)
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "min"))


def value_in(unit: str, value: float | None) -> str:
    """A KPI's value: `83.3 %`, `12.4 days`, or that there is no data."""
    if value is None:
        return NO_DATA
    if unit == "share":
        return f"{value * 100:.{0 if value in (0, 1) else 1}f}{_JOINED}%"
    return f"{value:.1f}{_JOINED}days"


def amount(value: float) -> str:
    """A numerator or denominator: whole numbers without decimals, thousands apart."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def goal_words(unit: str, at_least: int | None, below: int | None) -> str:
    """A goal: `≥ 85 %`, `< 30 days`."""
    measure = "%" if unit == "share" else "days"
    bound = f"≥{_JOINED}{at_least}" if at_least is not None else f"<{_JOINED}{below}"
    return f"{bound}{_JOINED}{measure}"


def day(instant: datetime | None) -> str:
    """A date: `23 Nov 2026`."""
    return "–" if instant is None else f"{instant.astimezone(UTC):%-d %b %Y}"


def moment(instant: datetime | None) -> str:
    """A date with its time: `23 Nov 2026, 09:30 UTC`."""
    return "–" if instant is None else f"{instant.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def month(name: str) -> str:
    """A month's name: `2026-03` is `March 2026`."""
    return f"{datetime.strptime(name, '%Y-%m').replace(tzinfo=UTC):%B %Y}"


def span(length: timedelta) -> str:
    """A length of time in its two greatest units at most: `2 days 4 hours`, and from three days on in days alone."""
    seconds, parts = int(abs(length).total_seconds()), []
    for size, name in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{_JOINED}{name}{'' if count == 1 or name == 'min' else 's'}")
    precise = 1 if abs(length) >= _PLAIN_DAYS else 2
    return " ".join(parts[:precise]) or f"less than a{_JOINED}minute"


def ago(instant: datetime | None, now: datetime) -> str:
    """How long ago: `4 min ago`, `just now`, `never`."""
    if instant is None:
        return "never"
    return "just now" if now - instant < timedelta(minutes=1) else f"{span(now - instant)} ago"


def due(instant: datetime, now: datetime) -> str:
    """How far away a due instant is: `in 3 hours`, `2 days overdue`."""
    return f"in {span(instant - now)}" if instant > now else f"{span(now - instant)} overdue"


def person(holder: str | None, cards: Mapping[str, Card]) -> str:
    """Who that is: the name behind an id, the words of a role, the part of the product."""
    if holder is None:
        return "nobody"
    if holder.startswith("role:"):
        return f"any {role(holder.removeprefix('role:'))}"
    if holder.startswith("gatehouse/"):
        return " ".join(["Gatehouse", *holder.split("/")[1:]])
    card = cards.get(holder)
    if card is None:
        return f"person {holder[:8]}"
    return "a forgotten person" if card.forgotten else card.name or f"person {holder[:8]}"


def held_by(holder: str | None, people: Sequence[str], person: Callable[[str | None], str]) -> str:
    """Who holds the ball: the people it means now, or the group where none is known."""
    if people:
        named, more = [person(one) for one in people[:_NAMED]], len(people) - _NAMED
        return ", ".join(named) + (f" and {more} more" if more > 0 else "")
    if holder in ("submitter", "reviewers", "board"):
        return f"the {holder}"
    return f"any {role(holder)}" if holder and holder.startswith("reviewer:") else person(holder)


def role(name: str) -> str:
    """A role in words: `head_of_ai_governance` is `head of AI governance`."""
    kind, _, discipline = name.partition(":")
    words = kind.replace("_", " ").replace(" ai ", " AI ")
    return f"{words} ({discipline.replace('_', ' ')})" if discipline else words


def escalation_words(clock: str | None, reason: str | None) -> str:
    """What was escalated: a clock that ran out, or the reason in the words of the fact."""
    return f"the clock of {clock_words('review', clock)} ran out" if clock else reason or "no reason was given"


def clock_words(kind: str, clock: str) -> str:
    """What a clock is for: `review`, `sign-off (privacy)`, `triage`."""
    if clock.startswith("signoff:"):
        return f"sign-off ({clock.removeprefix('signoff:').replace('_', ' ')})"
    words = {"gathering": "gathering evidence", "answer": "the submitter's answer"}
    return words.get(clock, clock) if kind == "review" or clock != "triage" else "triage"


def fact_words(type_name: str) -> str:
    """A fact in words: `gatehouse.review.clock_started.v1` is `review: clock started`."""
    _, service, name, _ = type_name.split(".")
    return f"{service}: {name.replace('_', ' ')}"
