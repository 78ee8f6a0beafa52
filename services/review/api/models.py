"""What callers send to review."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.runtime.routing import Input, Instant

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
Prose = Annotated[
    str, Field(min_length=1, max_length=4000, description="Kept for ever in the log: say nothing about people in it.")
]
Private = Annotated[str, Field(min_length=1, max_length=2000, description="Encrypted under your own key.")]
Who = Annotated[
    str, Field(min_length=1, max_length=300, description="An opaque id, or a subject of this installation's issuer.")
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 in hexadecimal.")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
MediaType = Annotated[str, Field(pattern=r"^[a-z0-9.+-]{1,63}/[a-z0-9.+-]{1,63}$")]
# Strict mode takes no date as text unless the body itself is JSON; times on the wire are RFC 3339.
Day = Annotated[date, BeforeValidator(lambda day: date.fromisoformat(day) if isinstance(day, str) else day)]


class About(BaseModel):
    """What is said of an artefact, wherever its content lies. `sections` names those of its template that are filled.

    Without an owner it is whoever sends it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    artefact: Slug
    title: Line
    digest: Digest
    owner: Who | None = None
    sections: tuple[Line, ...] = Field((), max_length=50)
    template_version: Line | None = None
    subject_digest: Digest | None = Field(None, description="Of the model or build that it speaks of.")
    valid_until: Day | None = None
    supersedes: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = None


class LinkedEvidence(About):
    """An artefact that is kept elsewhere; the digest says what it was when it was linked."""

    model_config = ConfigDict(strict=True)

    link: Annotated[str, Field(pattern=r"^https://[^\s]{1,1900}$")]
    media_type: MediaType = "application/octet-stream"


class Named(Input):
    """The digests of what was read: of the evidence and of the policy. Others than the present ones are refused."""

    evidence_digest: Digest
    policy_digest: Digest
    on_behalf_of: Who | None = Field(None, description="The holder of the office that was delegated to you.")


class Condition(Input):
    """What an approval depends on: its owner sees to it until that day."""

    text: Prose
    owner: Who
    due_on: Day


class SignOff(Named):
    """A discipline's verdict."""

    discipline: Slug
    verdict: Literal["approve", "approve_with_conditions", "request_changes", "reject", "not_applicable"]
    reason: Prose
    conditions: tuple[Condition, ...] = Field((), max_length=20)


class Vote(Named):
    """A board member's vote; `confirms` names disciplines whose "not applicable" it confirms."""

    choice: Literal["approve", "reject", "abstain"]
    rationale: Prose
    confirms: tuple[Slug, ...] = Field((), max_length=30)


class Closing(Named):
    """Closes the board's vote. Without an accountable owner, it is the system's."""

    rationale: Prose
    options: tuple[Line, ...] = Field((), max_length=20, description="What was considered.")
    conditions: tuple[Condition, ...] = Field((), max_length=20)
    accountable_owner: Who | None = None


class OverrideNamed(Input):
    """The digests of what was read: of the proposal and of the policy. Others than the present ones are refused."""

    proposal_digest: Digest
    policy_digest: Digest
    on_behalf_of: Who | None = Field(None, description="The holder of the office that was delegated to you.")


class OverrideVote(OverrideNamed):
    """A board member's vote on an override."""

    choice: Literal["approve", "reject", "abstain"]
    rationale: Prose


class OverrideClosing(OverrideNamed):
    """Closes the board's vote on an override: the votes decide."""

    rationale: Prose
    options: tuple[Line, ...] = Field((), max_length=20, description="What was considered.")


class StandingBack(Input):
    """Stepping back from an override."""

    reason: Private


class Answer(Input):
    """The submitter's answer to what a discipline asked for."""

    answer: Prose


class Recusal(Input):
    """Stepping back from a review: as reviewer of a discipline, or from the board."""

    capacity: Slug
    reason: Private


class Assignment(Input):
    """A discipline's sign-off goes into somebody's hands."""

    discipline: Slug
    reviewer: Who
    on_behalf_of: Who | None = None


class Met(Input):
    """A condition was fulfilled, as the named evidence shows."""

    evidence_digest: Digest | None = None
    on_behalf_of: Who | None = None


class NewAppointment(Input):
    """An office for a person: from now on unless said otherwise, until further notice unless said otherwise."""

    person: Who
    role: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(:[a-z][a-z0-9-]{0,63})?$")]
    scope: Annotated[str, Field(pattern=r"^(all|(business_unit|product_area|system):.{1,200})$")] = "all"
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class NewDelegation(Input):
    """One's own office, lent to another until an instant."""

    appointment_id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    receiver: Who
    valid_from: Instant | None = None
    valid_until: Instant


class Ending(Input):
    """Why an office ends."""

    reason: Prose
