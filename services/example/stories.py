"""All stories of a play: the offices first, then discoveries, then systems, as they are written down."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from services.example.acts import Act, Appoint, Delegate, Discover, EndAppointment, Step, Telling
from services.example.fates import FATES
from services.example.roster import OPERATOR, Roster
from services.example.script import Discovery, Script
from services.example.telling import Teller
from services.example.whims import Whims
from shared.events.review import AppointmentMade
from shared.policy.bundle import Bundle
from shared.runtime.entropy import Entropy

OFFICES: Final = "offices"
MORNING: Final = timedelta(hours=10)


def stories(script: Script, start: datetime, bundle: Bundle, entropy: Entropy) -> Mapping[str, Telling[None]]:
    """Every story by its name, in a fixed order."""
    roster = Roster(script, start)
    told: dict[str, Telling[None]] = {OFFICES: offices(roster)}
    told |= {f"discovery/{one.name}": discovered(one, roster) for one in script.discoveries}
    for system in script.systems:
        whims = Whims(entropy, system.name)
        teller = Teller(system, script.answers(system), roster, bundle.calendar(system.region), whims)
        told[f"system/{system.name}"] = FATES[system.fate](teller)
    return told


def discovered(discovery: Discovery, roster: Roster) -> Telling[None]:
    """Somebody finds a system in use."""
    yield Step(at=roster.day(discovery.day) + MORNING, acts=(Discover(by=discovery.by, discovery=discovery),))


def offices(roster: Roster) -> Telling[None]:
    """Offices are given at the start; later on, one changes hands, and one is lent to another for a while."""
    appointed: dict[tuple[str, str], str] = {}
    for day in sorted(set(_days(roster.script))):
        for step in _of_day(roster, day, appointed):
            facts = yield step
            made = [fact for fact in facts if isinstance(fact, AppointmentMade)]
            given = [act for act in step.acts if isinstance(act, Appoint)]
            appointed |= {(act.person, act.office): one.appointment_id for act, one in zip(given, made, strict=True)}


def _days(script: Script) -> Iterator[int]:
    for person in script.people:
        yield from (person.since, person.until) if person.until is not None else (person.since,)
    yield from (away.since for away in script.away)


def _of_day(roster: Roster, day: int, appointed: Mapping[tuple[str, str], str]) -> Iterator[Step]:
    at, people = roster.day(day), roster.script.people
    ended = [
        EndAppointment(by=OPERATOR, appointment_id=appointed[one.id, office], reason="the term is over")
        for one in people
        if one.until == day
        for office in one.offices
    ]
    made = [
        Appoint(by=OPERATOR, person=one.id, office=each) for one in people if one.since == day for each in one.offices
    ]
    lent = [
        Delegate(
            by=one.giver,
            appointment_id=appointed[one.giver, one.office],
            receiver=one.receiver,
            until=roster.day(one.until),
        )
        for one in roster.script.away
        if one.since == day
    ]
    acts: list[Act] = [*ended, *made, *lent]
    if acts:
        yield Step(at=at, acts=acts)
