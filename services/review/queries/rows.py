"""The rows that review's lists are made of, as they are answered. Instants are RFC 3339 in UTC; people are ids."""

from typing import NotRequired, TypedDict


class ReviewRow(TypedDict):
    """A review; `holder` and `due_at` are those of the clock that runs."""

    review_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    tier: str
    high_risk: bool
    state: str
    owner: str
    requester: str
    business_unit: str | None
    product_area: str | None
    opened_at: str
    submitted_at: str | None
    complete: int | None
    required: int | None
    holder: str | None
    due_at: str | None
    outcome: str | None
    decided_at: str | None
    expires_at: str | None


class OverrideRow(TypedDict):
    """A proposal to override a tier; `state` is before_board, approved, refused or lapsed."""

    override_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    from_tier: str
    to_tier: str
    downgrade: bool
    state: str
    proposed_by: str
    accountable_owner: str
    business_unit: str | None
    product_area: str | None
    proposed_at: str
    ended_at: str | None


class AppointmentRow(TypedDict):
    """Who holds which office, or held it."""

    appointment_id: str
    person: str
    role: str
    scope: str
    valid_from: str
    valid_until: str | None
    appointed_by: str
    ended_reason: str | None


class DelegationRow(TypedDict):
    """Who acts for whom, or acted."""

    delegation_id: str
    appointment_id: str
    giver: str
    receiver: str
    valid_from: str
    valid_until: str | None


class Entry(TypedDict):
    """Something that waits for a person: `kind` says what, and which of the further members it has.

    `person` is the one of their ids that can answer it.
    """

    kind: str
    person: str
    review_id: str | None
    name: str
    system_id: str
    tier: str | None
    due_at: str | None
    clock: NotRequired[str | None]
    breached: NotRequired[bool]
    condition_id: NotRequired[str]
    override_id: NotRequired[str]
    on_behalf_of: NotRequired[str | None]
    words: NotRequired[str]
    at: NotRequired[str]
