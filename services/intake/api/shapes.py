"""The shapes of intake's answers. Instants are RFC 3339 in UTC; people are ids, and cards as long as not forgotten."""

from typing import NotRequired, TypedDict

from services.intake.api.problems import ItemProblem
from services.intake.handlers.telling import Summary
from services.intake.queries.rows import PersonCard
from shared.events.intake import ClockTerms, FiredRule, RequiredEvidence
from shared.runtime.answers import Recorded


class SystemReceipt(Summary, Recorded):
    """What became of a command on a system (`outcome`), and what is known of it now."""

    outcome: str
    override_id: NotRequired[str]


class OnOne(TypedDict):
    """The result of one intake of several."""

    intake_id: str
    status: int


class Ruled(OnOne, total=False):
    """The result of one intake of several: the `problem` with this one alone, or what its receipt says."""

    problem: ItemProblem
    outcome: str
    id: str
    system_id: str
    name: str
    round: int
    revision: int
    stage: str
    tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    score: int
    fired: list[FiredRule]
    disciplines: list[str]
    evidence: list[RequiredEvidence]
    clocks: list[ClockTerms]
    labels: list[str]
    unknowns: list[str]
    policy_version: str
    policy_digest: str
    proposed_tier: str
    proposal_revision: int
    confirmed: bool
    clock_starts_at: str | None
    clock_due_at: str | None
    answers_wanted: list[str]
    version: int | None
    position: int | None
    recorded_at: str
    replayed: bool


class ShortReceipt(Recorded):
    """What became of a command on a person, a course or a discovery."""

    id: str
    outcome: NotRequired[str]


class LaunchOut(TypedDict):
    """A launch of one version."""

    version: str
    launched_at: str


class ApprovalOut(TypedDict):
    """A review that ended with an approval."""

    review_id: str
    round: int
    outcome: str
    decided_at: str


class ProposalOut(TypedDict):
    """Another tier that was put to the board."""

    override_id: str
    from_tier: str
    to_tier: str
    downgrade: bool
    proposed_at: str


class LifeOut(TypedDict):
    """What became of a system; the ends are null while it lives on."""

    live: bool
    launches: list[LaunchOut]
    approvals: list[ApprovalOut]
    retired_at: str | None
    merged_into: str | None


class SystemPage(Summary, LifeOut):
    """Everything that is known of a system. `version` is that of its stream, and the ETag.

    `overrides` were put to the board on the tier that stands: each waits for it, or was refused by it, which
    `/review/v1/overrides/{override_id}` tells.
    """

    version: int
    owner: PersonCard
    requester: PersonCard
    region: str
    business_unit: str | None
    product_area: str | None
    team: str | None
    external_key: str | None
    submitted_at: str
    origin: str
    form_version: str
    answers: dict[str, str | list[str]]
    overrides: list[ProposalOut]


class PolicyTier(TypedDict):
    """A tier of the policy in force."""

    id: str
    label: str
    summary: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    recertification_months: int | None


class DeliveryOut(TypedDict):
    """A webhook's delivery, what became of it and why."""

    id: str
    endpoint_id: str
    dedupe: str
    digest: str
    headers: dict[str, str]
    received_at: str
    record: str | None
    label: str | None
    event: str | None
    source_time: str | None
    state: str
    outcome: str | None
    reason: str | None
    tries: int
    system_id: str | None
    intake_id: str | None
    erased_at: str | None


class EndpointOut(TypedDict):
    """An endpoint for webhooks, without its secrets; `path` is where deliveries go."""

    id: str
    source: str
    name: str
    scheme: str
    mapping: str
    owner: str
    created_at: str
    created_by: str
    closed_at: str | None
    rotating: bool
    refused: int
    refused_at: str | None
    refused_reason: str | None
    path: str


class EndpointMade(EndpointOut):
    """An endpoint as it was made, or its secret replaced; a secret is shown this once."""

    secret: NotRequired[str]


class EndpointRow(EndpointOut):
    """An endpoint with what it received last, and what it could not map last."""

    last_delivery: DeliveryOut | None
    last_failure: DeliveryOut | None


class Erased(TypedDict):
    """A delivery whose raw body is gone; the digest stays."""

    id: str
    digest: str
    erased: bool


class KeyMade(TypedDict):
    """A service key's secret, shown this once."""

    name: str
    key: str


class KeyRow(TypedDict):
    """A service key without its secret; grants as they were given."""

    id: str
    name: str
    grants: list[str]
    created_at: str
    created_by: str
    revoked_at: str | None


class KeyEnded(TypedDict):
    """A service key that ended."""

    id: str
    state: str
