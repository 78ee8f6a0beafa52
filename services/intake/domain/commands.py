"""What may be asked of one AI system. Every command carries the store's time as `now`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.override_commands import NoteOverride, ProposeOverride
from shared.events.fact import Answer, PersonId, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A whole description of a system, as the form asks for it; region to team may be left as they are (None)."""

    name: str
    owner: PersonId
    form_version: str
    answers: Mapping[str, Answer]
    texts: Mapping[str, str | Sealed]
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a description came from: the door, the record there, and when it was so at the source."""

    origin: str
    ref: str | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happened before Gatehouse knew; `at` is None where nobody knows, `version` what went live."""

    at: datetime | None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A new system and its first intake in one. `region` is used where the description states none.

    `triage_from` postpones the triage clock; `held` starts none. `launched` and `retired` are imported history. `by` is
    who sends it in, where that may be another than the requester.
    """

    now: datetime
    system_id: str
    intake_id: str
    description: Description
    requester: PersonId
    region: str
    source: Source
    external_key: str | None = None
    discovery_id: str | None = None
    imported: bool = False
    triage_from: datetime | None = None
    held: bool = False
    launched: Moment | None = None
    retired: Moment | None = None
    by: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """A new whole description. `texts_changed` names the texts whose words differ (sealed ones can't be compared).

    `stated` are the attributes that a person answered one by one; a source that tells all of them again states none.
    """

    now: datetime
    intake_id: str | None
    description: Description
    texts_changed: tuple[str, ...]
    source: Source
    by: PersonId | None = None
    stated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take the intake back."""

    now: datetime
    intake_id: str | None
    reason: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginTriage:
    """Somebody takes up an intake that waits without a clock; the clock starts at `at`."""

    now: datetime
    intake_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmTier:
    """A person rules on the proposed tier; `revision` names the proposal that was read.

    `hand` is who acts for that person, if somebody does: what bars either bars both. `aliases` are all ids of the two.
    `administrator` says that the person runs the installation, and so decides nothing.
    """

    now: datetime
    intake_id: str
    tier: str
    by: PersonId
    reason: str
    revision: int | None = None
    hand: PersonId | None = None
    aliases: frozenset[PersonId] = frozenset()
    administrator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswers:
    """Send the intake back for answers that are missing."""

    now: datetime
    intake_id: str
    attributes: tuple[str, ...]
    by: PersonId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareChange:
    """A registered system changed in a way that may alter its risk; `intake_id` is the new round's.

    `sent_by` is who sends it in, where that may be another than the one by whom it is declared.
    """

    now: datetime
    intake_id: str
    description: Description
    texts_changed: tuple[str, ...]
    summary: str | Sealed
    by: PersonId
    source: Source
    sent_by: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLaunch:
    """A version went live."""

    now: datetime
    version: str
    launched_at: datetime
    by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """The system goes out of use."""

    now: datetime
    retired_at: datetime
    reason: str
    by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The system is a duplicate of `into`, which lives on: the handler has checked that, and whether it is live."""

    now: datetime
    into: str
    reason: str
    by: PersonId
    into_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteApproval:
    """Review decided."""

    now: datetime
    review_id: str
    round: int
    outcome: str
    decided_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeClock:
    """The clock looks: reminders, breaches and confirmations by the bundle that have fallen due are recorded."""

    now: datetime
    intake_id: str


Command = (
    Register
    | Amend
    | Withdraw
    | BeginTriage
    | ConfirmTier
    | RequestAnswers
    | DeclareChange
    | ReportLaunch
    | Retire
    | Merge
    | NoteApproval
    | ProposeOverride
    | NoteOverride
    | NoticeClock
)
