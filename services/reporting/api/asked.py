"""What a request may ask of reporting, turned into the domain's words."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import Query

from services.reporting.domain.cut import Period, Sight
from services.reporting.domain.kpis import DEFINITIONS, Definition, Segment
from services.reporting.queries.kpis import Asking
from services.reporting.queries.reading import Scope
from shared.refusals import Refused
from shared.runtime.principals import Principal

PLAIN: Final = r"^[^\x00-\x1f\x7f]*$"
"""Text without control characters: PostgreSQL refuses some of them, and none is in a name."""

AsOf = Annotated[
    str | None,
    Query(description="An instant (RFC 3339) or a day, which counts to its end. Default: now."),
]
Time = Annotated[Sight, Query(alias="time", description="`true`: what was true then; `known`: what we knew then.")]
InPeriod = Annotated[str | None, Query(description="A month (2026-03) or a quarter (2026-Q1), in UTC.")]
Tier = Annotated[str | None, Query(pattern=PLAIN, description="Only this tier; `none` is what has no tier yet.")]
Facet = Literal["systems", "confirmed", "waiting", "in_review", "live", "unreviewed", "before"]
Show = Annotated[
    Facet | None,
    Query(description="Only active systems of this column of `tiers`. Default: all systems, retired ones too."),
]
Area = Annotated[str | None, Query(pattern=PLAIN, description="Only this product area.")]

_TICK: Final = timedelta(microseconds=1)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Far enough from the calendar's beginning that the months before it have names too."""


def asking(
    now: datetime, as_of: str | None, sight: Sight, tier: str | None, product_area: str | None, period: str | None
) -> Asking:
    """The question in a request; raises `Refused("invalid-query")`."""
    return Asking(as_of=instant(now, as_of), sight=sight, period=period_in(period), segment=Segment(tier, product_area))


def instant(now: datetime, text: str | None) -> datetime:
    """The instant that is asked about: the past can be asked, the future can't."""
    if text is None:
        return now
    try:
        if len(text) == len("2026-03-01"):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            asked = min(day + timedelta(days=1) - _TICK, now) if day <= now else day
        else:
            asked = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise Refused("invalid-query", "as_of is a day (2026-03-01) or an instant (2026-03-01T12:00:00Z)") from error
    if asked.tzinfo is None:
        raise Refused("invalid-query", "as_of needs an offset, such as Z")
    if asked > now:
        raise Refused("invalid-query", "as_of lies in the future")
    if asked < _EARLIEST:
        raise Refused("invalid-query", f"as_of lies before {_EARLIEST:%Y}, when there was nothing to report")
    return asked.astimezone(UTC)


def period_in(text: str | None) -> Period | None:
    """The period of that name; raises `Refused("invalid-query")`."""
    try:
        return None if text is None else Period.parse(text)
    except (ValueError, OverflowError) as error:
        raise Refused("invalid-query", "a period is a month (2026-03) or a quarter (2026-Q1)") from error


def definition_of(kpi: str) -> Definition:
    """The KPI with that id; raises `Refused("not-found")`."""
    if kpi not in DEFINITIONS:
        raise Refused("not-found", "there is no KPI with that id")
    return DEFINITIONS[kpi]


def scope_of(who: Principal) -> Scope:
    """What that principal may see: whatever lies in the scope of any of its grants."""
    return Scope(who.reach())
