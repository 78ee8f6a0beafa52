"""What may be asked of one AI system's tier once it was confirmed."""

from dataclasses import dataclass
from datetime import datetime

from shared.events.fact import PersonId
from shared.events.review import OverrideDecided


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeOverride:
    """Ask the board for another tier than the confirmed one, `from_tier` of that round, which was read.

    `hand` is who acts for the proposer, if somebody does. Without `accountable_owner`, it is the system's owner.
    """

    now: datetime
    override_id: str
    from_tier: str
    round: int
    to_tier: str
    rationale: str
    by: PersonId
    accountable_owner: PersonId | None = None
    hand: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOverride:
    """The board decided to override the tier."""

    now: datetime
    decision: OverrideDecided
