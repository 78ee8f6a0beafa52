"""What callers may say about a system, before it is checked against the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.commands import Moment, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A whole description. People are opaque ids already; answers are as they came.

    `aliases` are further external keys under which the same system may be known, if its text named `same_text` is
    the same. `triage_from`, `held`, `launched` and `retired`: see the command `Register`.
    """

    name: str
    owner: str
    requester: str
    answers: Mapping[str, Any]
    source: Source
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    external_key: str | None = None
    aliases: tuple[str, ...] = ()
    same_text: str | None = None
    discovery_id: str | None = None
    imported: bool = False
    triage_from: datetime | None = None
    held: bool = False
    launched: Moment | None = None
    retired: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a caller wants changed of a description: what is None stays, an answer `unknown` is taken back."""

    name: str | None = None
    owner: str | None = None
    answers: Mapping[str, Any] | None = None
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
