"""What people of the example do: acts named by who does them, without ids, and the steps that hold them."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from services.example.script import Discovery, System
from shared.events.fact import Fact

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Ask for a system's registration; `found` names the discovery that it explains."""

    by: str
    system: System
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswers:
    """Send the intake back for answers."""

    by: str
    attributes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Answer what was left out."""

    by: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Confirm the proposed tier."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareChange:
    """Declare a material change."""

    by: str
    summary: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Report that a version went live just now."""

    by: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Take the system out of use."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """End a duplicate of the system of that name."""

    by: str
    into: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take the intake back."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """Report a system found in use."""

    by: str
    discovery: Discovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A piece of evidence as it is written: each section with its text. `stored` is uploaded, other is linked."""

    artefact: str
    title: str
    sections: Mapping[str, str]
    stored: bool
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Put a paper on the table; `supersedes` takes that artefact off it."""

    by: str
    paper: Paper
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """Hand the evidence in."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A condition of an approval: what its owner does until that day."""

    text: str
    owner: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A discipline's verdict."""

    by: str
    discipline: str
    verdict: str
    reason: str
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Put a discipline's sign-off into somebody's hands."""

    by: str
    discipline: str
    reviewer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recuse:
    """Step back from the review."""

    by: str
    capacity: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer what a discipline asked for."""

    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Vote on the board, by one's own seat or for somebody who lent theirs."""

    by: str
    choice: str
    rationale: str
    behalf: str | None = None
    confirms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVote:
    """Close the board's vote."""

    by: str
    rationale: str
    options: tuple[str, ...]
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    """Confirm that a condition was met."""

    by: str
    condition_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint:
    """Give somebody an office."""

    by: str
    person: str
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAppointment:
    """Take an office back."""

    by: str
    appointment_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Lend one's office until that instant."""

    by: str
    appointment_id: str
    receiver: str
    until: datetime


OfIntake = Submit | RequestAnswers | Amend | Confirm | DeclareChange | Launch | Retire | Merge | Withdraw | Discover
OfReview = Attach | HandIn | SignOff | Assign | Recuse | Answer | Vote | CloseVote | Meet
OfOffices = Appoint | EndAppointment | Delegate
Act = OfIntake | OfReview | OfOffices


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Acts at one instant, one after the other, on one system (or none).

    They are all on one service, so that no consumer appends among them: consumers answer to the other service.
    """

    at: datetime
    acts: Sequence[Act]
    system: str | None = None


Facts = Sequence[Fact]
Telling = Generator[Step, Facts, T]
"""A story, or a chapter of one: it asks for steps, and is told the facts that each of them led to."""
