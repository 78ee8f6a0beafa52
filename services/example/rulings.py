"""The chapters in which disciplines rule, the board votes, and conditions are met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.example.acts import CloseVote, Facts, Meet, Promise, SignOff, Telling, Vote
from services.example.telling import Teller
from services.example.words import AGAINST, FOR, OPTIONS
from shared.events.review import ConditionImposed

Days = tuple[float, float]
RULING: Final[Mapping[str, Days]] = {"low": (0.15, 1.0), "medium": (0.5, 3), "high": (1, 5)}
"""Business days until a discipline has ruled; the clocks give 2, 4 and 6."""
AGAIN: Final[Days] = (0.1, 0.8)
"""Business days until it has ruled on a revision."""
MEETING: Final[Days] = (0.4, 1.6)
"""Business days from the last discipline's verdict to the board's."""
PROMISED_DAYS: Final = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a discipline says, and after how many business days where that is not the usual pace."""

    word: str = "approve"
    reason: str = "Read in full; the evidence carries it."
    promises: Sequence[str] = ()
    days: Days | None = None


PLAIN: Final = Verdict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """How the board votes: so many against, what it found, what it chose between, under which conditions."""

    against: int = 0
    rationale: str = "The evidence is complete and the disciplines agree."
    options: tuple[str, ...] = OPTIONS
    promises: Sequence[str] = ()
    confirms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How disciplines and board rule on one review."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    sitting: Sitting = field(default_factory=Sitting)


def in_turn(
    t: Teller, disciplines: Sequence[str], pace: Days, verdicts: Mapping[str, Verdict]
) -> list[tuple[datetime, str]]:
    """When each discipline rules, counted from now, the first one first."""
    paces = {name: verdicts.get(name, PLAIN).days or pace for name in disciplines}
    return sorted((t.later(t.at, t.whims.between(*paces[name])), name) for name in disciplines)


def ruled(t: Teller, disciplines: Sequence[str], pace: Days, verdicts: Mapping[str, Verdict]) -> Telling[Facts]:
    """Each discipline rules in its own time; returns what the last verdict led to."""
    facts: Facts = ()
    for at, discipline in in_turn(t, disciplines, pace, verdicts):
        t.at = at
        facts = yield from t.do(sign_off(t, discipline, verdicts.get(discipline, PLAIN)))
    return facts


def sign_off(t: Teller, discipline: str, verdict: Verdict) -> SignOff:
    """The verdict of a discipline, by its lead or by whoever stands in."""
    return SignOff(
        by=t.stead.get(discipline) or t.roster.lead(discipline),
        discipline=discipline,
        verdict=verdict.word,
        reason=verdict.reason,
        promises=_promises(t, verdict.promises),
    )


def sat(t: Teller, sitting: Sitting) -> Telling[Facts]:
    """The board meets: every seat votes, and the chair closes the vote."""
    t.wait(*MEETING)
    seats = t.roster.seats(t.at)
    dissenters = seats[len(seats) - sitting.against :]
    votes = [
        Vote(
            by=seat.voter,
            behalf=seat.behalf,
            choice="reject" if seat in dissenters else "approve",
            rationale=t.whims.one_of(AGAINST if seat in dissenters else FOR),
            confirms=sitting.confirms,
        )
        for seat in seats
    ]
    promises = _promises(t, sitting.promises)
    closing = CloseVote(by=t.roster.chair(), rationale=sitting.rationale, options=sitting.options, promises=promises)
    return (yield from t.do(*votes, closing))


def kept(t: Teller, decided: Facts, pace: Days) -> Telling[None]:
    """Every condition that was imposed is met in time, and whoever imposed it says so."""
    for condition in [fact for fact in decided if isinstance(fact, ConditionImposed)]:
        t.wait(*pace)
        kind, _, discipline = condition.imposed_by.partition(":")
        says = t.roster.lead(discipline) if kind == "discipline" else t.roster.chair()
        yield from t.do(Meet(by=says, condition_id=condition.condition_id))


def _promises(t: Teller, texts: Sequence[str]) -> tuple[Promise, ...]:
    due = (t.at + timedelta(days=PROMISED_DAYS)).date()
    return tuple(Promise(text=text, owner=t.system.owner, due_on=due) for text in texts)
