"""What callers send to intake."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from services.intake.adapters.directory import Named, named
from services.intake.domain.commands import Moment
from services.intake.handlers.requests import Edits, Told
from shared.runtime.routing import Input, Instant

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
Name = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
Prose = Annotated[
    str, Field(min_length=1, max_length=4000, description="Kept for ever in the log: say nothing about people in it.")
]
Place = Annotated[str, Field(min_length=1, max_length=120)]


_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Id = Annotated[str, Field(pattern=_UUID, description="An id as we gave it.")]
PathId = Annotated[str, Path(pattern=_UUID)]
Filter = Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$")]


class Person(Input):
    """A person by opaque id, by identity (issuer and subject), or by e-mail address."""

    id: str | None = None
    issuer: str | None = None
    subject: str | None = None
    email: str | None = None
    name: str | None = None


Who = Annotated[
    Annotated[str, Field(min_length=1, max_length=300)] | Person,
    Field(description="An e-mail address, an opaque id, a subject of this installation's issuer, or an object."),
]


def person_named(who: str | Person) -> Named:
    """The person as the directory is asked for them."""
    return named(who) if isinstance(who, str) else Named(**who.model_dump())


class Happened(Input):
    """When something happened before Gatehouse knew; `at` may be left out where nobody knows."""

    at: Instant | None = None
    version: Line | None = None

    @property
    def moment(self) -> Moment:
        """As the domain says it."""
        return Moment(at=self.at, version=self.version)


class History(Input):
    """What became of a system before Gatehouse."""

    launched: Happened | None = None
    retired: Happened | None = None


class Submission(Input):
    """A system and its first intake. A name and an accountable owner suffice; what is not answered is unknown."""

    name: Name
    owner: Who
    requester: Who | None = Field(None, description="Whoever asks, unless somebody else is named.")
    answers: dict[str, Any] = Field(default_factory=dict, description="By the form: see `GET /intake/v1/form`.")
    region: Place | None = Field(None, description="The region whose working hours and holidays count.")
    business_unit: Place | None = None
    product_area: Place | None = None
    team: Place | None = None
    external_key: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        None, description="The system's key elsewhere: one key is one system."
    )
    discovery_id: Id | None = Field(None, description="The discovery that this registration settles.")


class Imported(Submission):
    """One line of a batch. `on_known: amend` brings a system that is known by its external key to what is told."""

    key: Annotated[str, Field(min_length=1, max_length=255)] = Field(description="The line's own idempotency key.")
    on_known: Literal["refuse", "amend"] = "refuse"
    aliases: tuple[Annotated[str, Field(max_length=500)], ...] = Field(
        (), max_length=10, description="Further external keys under which the system may be known…"
    )
    same_text: str | None = Field(None, description="…where this text of the form is the same.")
    triage: Literal["now", "held"] = Field("now", description="`held`: no clock runs until somebody takes it up.")
    triage_from: Instant | None = Field(None, description="The triage clock starts then.")
    history: History = History()
    imported: bool = Field(False, description="The system was in a portfolio before Gatehouse.")

    @property
    def history_of(self) -> str | None:
        """The first thing it says that only a portfolio from before Gatehouse may say."""
        past = {
            "history": self.history != History(),
            "triage": self.triage == "held",
            "triage_from": self.triage_from is not None,
        }
        return next((name for name, said in past.items() if said), None)

    def as_told(self, told: Told) -> Told:
        """What was told, with what only a batch says."""
        return replace(
            told,
            aliases=self.aliases,
            same_text=self.same_text,
            imported=self.imported,
            triage_from=self.triage_from,
            held=self.triage == "held",
            launched=self.history.launched.moment if self.history.launched is not None else None,
            retired=self.history.retired.moment if self.history.retired is not None else None,
        )


class Amendment(Input):
    """What is to change; what is left out stays, an answer `unknown` is taken back."""

    name: Name | None = None
    owner: Who | None = None
    answers: dict[str, Any] | None = None
    region: Place | None = None
    business_unit: Place | None = None
    product_area: Place | None = None
    team: Place | None = None

    def edits(self, owner: str | None) -> Edits:
        """As the handler takes it; the owner by then is an opaque id."""
        return Edits(
            name=self.name,
            owner=owner,
            answers=self.answers,
            region=self.region,
            business_unit=self.business_unit,
            product_area=self.product_area,
            team=self.team,
        )


class Change(Amendment):
    """A material change of a registered system, in words and in answers."""

    summary: Prose


class Reason(Input):
    """Why."""

    reason: Prose


class Confirmation(Reason):
    """A ruling on the proposed tier: that tier, or a higher one. `revision` is that of the proposal that was read."""

    tier: Line | None = None
    revision: int | None = None


class ConfirmationOf(Input):
    """One intake of a bulk confirmation."""

    intake_id: Id
    tier: Line | None = None
    revision: int | None = None


class BulkConfirmation(Reason):
    """Rulings on several intakes for one reason."""

    items: Annotated[list[ConfirmationOf], Field(min_length=1, max_length=500)]


class BeginningOf(Input):
    """One intake whose triage is to begin, so many business days of its region from now."""

    intake_id: Id
    business_days: Annotated[int, Field(ge=0, le=2000)] = 0


class Beginning(Input):
    """Intakes that wait without a clock and are to be taken up."""

    items: Annotated[list[BeginningOf], Field(min_length=1, max_length=500)]


class Question(Reason):
    """Which answers are wanted."""

    attributes: Annotated[list[str], Field(min_length=1, max_length=200)]


class Launched(Input):
    """A version went live, at a time that may lie behind but not ahead."""

    version: Line
    launched_at: Instant | None = None


class Retired(Reason):
    """The system goes, or went, out of use."""

    retired_at: Instant | None = None


class Merged(Reason):
    """The system is a duplicate of `into`."""

    into: Id


class Override(Input):
    """Another tier than the confirmed one is asked of the board; `from_tier` and `round` are those that were read."""

    from_tier: Line
    round: int
    to_tier: Line
    rationale: Prose
    accountable_owner: Who | None = Field(None, description="Who answers for it; else the system's owner.")


class Discovered(Input):
    """An AI system was found in use. `found_in` says where (an account, a repository, an invoice)."""

    name: Line
    found_by: Line
    found_in: Line
    business_unit: Place | None = None
    product_area: Place | None = None
    live: bool = True
    discovered_at: Instant | None = None


class DiscoveryOutcome(Reason):
    """What a discovery turned out to be: a registered system, or none at all."""

    system_id: Id | None = None


class Completed(Input):
    """A person completed a course."""

    person: Who
    course: Line
    course_version: Line = "1"
    completed_at: Instant
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    source: Line = "api"


class Joined(Input):
    """Another id of the same person: duties are theirs together from now on, rights are not."""

    other: Id
    reason: Prose
