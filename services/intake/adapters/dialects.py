"""The systems whose webhooks are taken: what their deliveries mean, and how they may be signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.intake.adapters import jira, servicenow
from services.intake.adapters.arrivals import Arrival
from services.intake.adapters.directory import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one system speaks. `schemes` are those of `signatures` that its endpoints may have, the usual one first."""

    schemes: tuple[str, ...]
    kept_headers: tuple[str, ...]
    repeat_of: Callable[[Mapping[str, str], Any, bytes], str]
    arrival: Callable[[Any], Arrival]
    person: Callable[[Any, str], Named | None]


DIALECTS: Final[Mapping[str, Dialect]] = {
    "jira": Dialect(
        schemes=("jira",),
        kept_headers=jira.KEPT_HEADERS,
        repeat_of=jira.repeat_of,
        arrival=jira.arrival,
        person=jira.person,
    ),
    "servicenow": Dialect(
        schemes=("servicenow-mac", "servicenow-secret"),
        kept_headers=servicenow.KEPT_HEADERS,
        repeat_of=servicenow.repeat_of,
        arrival=servicenow.arrival,
        person=servicenow.person,
    ),
}
