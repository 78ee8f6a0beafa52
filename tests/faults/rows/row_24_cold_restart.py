"""Everything is killed at once and started again, with a log that has grown: the product goes on where it was."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select, update

from shared.events.reporting import LogVerified
from shared.log.views import control as views
from shared.runtime.settings import SERVICES, Settings
from shared.store.open import open_database, open_store
from tests.faults.experiment import Result, Row
from tests.faults.houses import House, InItsRoles, InOneProcess
from tests.faults.lab import Lab
from tests.journey.walker import Walker
from tests.services.intake.world import until

READY_SECONDS = 15.0
PATIENCE = 600.0  # of each wait; a hundred thousand facts are folded within one
SERVED = 200


async def run(lab: Lab) -> Result:
    """Ready in time, on the tables as they were left; reporting then reads the whole log and finds it intact."""
    return await _restarted(lab, as_left=True)


async def control(lab: Lab) -> Result:
    """The tables were left by another build: they have to be derived again."""
    return await _restarted(lab, as_left=False)


async def _restarted(lab: Lab, *, as_left: bool) -> Result:
    house: House = InItsRoles(lab) if lab.long else InOneProcess(lab)
    events = lab.size(400, 100_000)
    await house.begin(events)
    before, looks = await _settled(house, events), len(await _looks(house))
    if not as_left:
        await _let_another_build_have_left_it(house.settings)
    await house.kill()
    seconds = await house.start()
    after = await _standing(house)
    # While its tables are derived again reporting does not look at the log: what is wrong is known before.
    wrong = await _verified(house, looks) if as_left else None
    broken = [
        *([] if seconds <= READY_SECONDS else [f"ready only after {seconds:.1f} s"]),
        *([] if after.slots == before.slots else ["the derived tables were derived again"]),
        *([] if after.facts >= before.facts else [f"{before.facts} facts had been folded, {after.facts} at the start"]),
        *([] if wrong is None else [wrong]),
    ]
    return Result(broken=broken, figures={"events": before.facts, "seconds until ready": seconds})


@dataclass(frozen=True, slots=True)
class Standing:
    """Which slot of each service's derived tables is live, and how many facts reporting's hold, which folds all; 0
    while they are derived anew."""

    slots: Mapping[str, str]
    facts: int


async def _standing(house: House) -> Standing:
    slots = {}
    for service in SERVICES:
        database = open_database(house.settings.views_url(service))
        (row,) = await database.rows(select(views.c.live))
        slots[service] = row["live"]
        await database.close()
    with Walker(house.place) as walker:
        answer = await asyncio.to_thread(walker.request, "GET", "/reporting/v1/derived", "operator")
    return Standing(slots, answer.json()["facts"] if answer.status_code == SERVED else 0)


async def _settled(house: House, events: int) -> Standing:
    """Once all of it is folded, and a system that was registered on top of it after the last whole look: of a log that
    was looked at the same day, the look after the start would tell nothing new."""
    while True:
        told = len(await _looks(house))
        with Walker(house.place) as walker:
            await asyncio.to_thread(walker.post, "/intake/v1/intakes", "rita", {"name": "One", "owner": "omar"})
        found: Standing = await until(partial(_folded, house, events), seconds=PATIENCE)
        if len(await _looks(house)) == told:
            return found
        events = found.facts


async def _folded(house: House, events: int) -> Standing | None:
    standing = await _standing(house)
    return standing if standing.facts > events else None


async def _looks(house: House) -> Sequence[LogVerified]:
    """What reporting has recorded about the whole of intake's log."""
    store = await open_store(house.settings.events_url("reporting"), "reporting")
    facts = [stored.fact for stored in await store.after(-1, 10_000)]
    await store.close()
    return [fact for fact in facts if isinstance(fact, LogVerified) and fact.service == "intake" and fact.whole]


async def _verified(house: House, before: int) -> str | None:
    """What is wrong with the log, by the first look at all of it that reporting records; None for nothing."""

    async def one_more() -> LogVerified | None:
        looks = await _looks(house)
        return looks[-1] if len(looks) > before else None

    look: LogVerified = await until(one_more, seconds=PATIENCE)
    return None if look.intact else f"I4: {look.reason} at {look.first_bad}"


async def _let_another_build_have_left_it(settings: Settings) -> None:
    for service in SERVICES:
        database = open_database(settings.views_url(service))
        await database.transact(lambda connection: connection.execute(update(views).values(definition="another build")))
        await database.close()


ROW = Row(
    number=24,
    fault="everything is killed and started again",
    injected="SIGKILL to all with 400 facts in one process (long form: 100,000, engines and a process per role)",
    invariants=("I1", "I4"),
    run=run,
    without="the derived tables as they were left (another build's have to be derived again)",
    control=control,
)
