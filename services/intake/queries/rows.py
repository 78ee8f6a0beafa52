"""The rows that intake's lists are made of, as they are answered. Instants are RFC 3339 in UTC."""

from typing import TypedDict


class PersonCard(TypedDict):
    """A person; name and address are null once they are forgotten, or where nobody told them."""

    id: str
    name: str | None
    email: str | None


class SystemRow(TypedDict):
    """A system in the portfolio."""

    system_id: str
    name: str
    owner: PersonCard
    requester: PersonCard
    region: str
    business_unit: str | None
    product_area: str | None
    team: str | None
    external_key: str | None
    imported: bool
    registered_at: str
    intake_id: str | None
    round: int
    tier: str | None
    high_risk: bool
    score: int | None
    live: bool
    launched_reviewed: bool | None
    retired_at: str | None
    merged_into: str | None
    stage: str


class Waiting(TypedDict):
    """An intake that waits for a ruling; `holder` has the ball, `wanted` are the answers asked for."""

    intake_id: str
    system_id: str
    name: str
    business_unit: str | None
    product_area: str | None
    owner: PersonCard
    requester: PersonCard
    round: int
    revision: int
    tier: str
    score: int
    unknowns: int
    reasons: list[str]
    submitted_at: str
    starts_at: str | None
    due_at: str | None
    holder: str
    wanted: list[str]
    breached: bool


class DiscoveryRow(TypedDict):
    """An AI system found in use and not registered."""

    discovery_id: str
    name: str
    found_by: str
    found_in: str
    business_unit: str | None
    product_area: str | None
    live: bool
    discovered_at: str
