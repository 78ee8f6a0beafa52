"""The process that answers is killed while clients write, and every client asks again with its key."""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import httpx2

from shared.events.intake import SystemRegistered
from shared.store.port import Stored
from tests.faults.checker import check, check_effects
from tests.faults.experiment import Result, Row
from tests.faults.found import at_url
from tests.faults.history import History
from tests.faults.lab import Lab
from tests.journey.places import Embedded
from tests.journey.walker import Walker, wait_for

CLIENTS = 8
ACKNOWLEDGED_BETWEEN_KILLS = 40
UNHEARD = 10  # of so many answers one is lost on its way, as if the kill had come between commit and answer


async def run(lab: Lab) -> Result:
    """Eight clients, SIGKILL in the middle of their writing, now and then a lost answer; the same key again."""
    return await _killed(lab, kills=lab.size(2, 20), same_key=True)


async def control(lab: Lab) -> Result:
    """As clients do that have no key: asked again, it is another request."""
    return await _killed(lab, kills=1, same_key=False)


async def _killed(lab: Lab, *, kills: int, same_key: bool) -> Result:
    place = Embedded(lab.new("place"))
    history = History(lab.new("history.jsonl"))
    place.start()
    cut_off = await asyncio.to_thread(_write_and_kill, place, history, kills, same_key=same_key)
    place.end()
    operations = history.operations()
    held = await at_url(f"sqlite:///{place.folder / 'intake' / 'events.db'}", "intake", _registered_as)
    registrations = [each.operation for each in held if each.operation]
    endings = Counter(one.ending for one in operations)
    return Result(
        findings=check(operations, held) + check_effects(operations, registrations),
        broken=[] if cut_off else ["no client was cut off: nothing was tried"],
        figures={"kills": kills, "acknowledged": endings["ok"], "cut off and asked again": cut_off},
    )


def _registered_as(stored: Stored) -> str:
    """A system bears the name of the operation that registered it; other facts are nobody's."""
    return stored.fact.name if isinstance(stored.fact, SystemRegistered) else ""


class _Clients:
    """Clients that write until told to stop, whatever happens to the server."""

    def __init__(self, place: Embedded, history: History, *, same_key: bool) -> None:
        self._place, self._history, self._same_key = place, history, same_key
        self.acknowledged, self.cut_off = 0, 0
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def until(self, acknowledged: int) -> None:
        wait_for(lambda: self.acknowledged >= acknowledged, f"{acknowledged} acknowledged")

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=90)
            assert not thread.is_alive()

    def _write(self, client: int) -> None:
        with Walker(self._place) as walker:
            for number in count():
                if self._over.is_set():
                    return
                operation = f"{client}-{number}"
                self._history.invoke(operation, str(client))
                self._until_answered(walker, operation)

    def _until_answered(self, walker: Walker, operation: str) -> None:
        unheard = int(operation.split("-")[1]) % UNHEARD == 0
        for key in self._keys(operation):
            try:
                body = {"name": operation, "owner": "omar"}
                answer = walker.request("POST", "/intake/v1/intakes", "rita", body, key)
            except httpx2.TransportError as cut:
                self._history.info(operation, repr(cut))
                with self._lock:
                    self.cut_off += 1
                continue
            if unheard:
                unheard = False
                self._history.info(operation, "the answer was lost on its way")
                continue
            assert answer.status_code == 201, answer.text
            self._history.ok(operation, answer.text)
            with self._lock:
                self.acknowledged += 1
            return

    def _keys(self, operation: str) -> Iterator[str]:
        while True:
            yield operation if self._same_key else str(uuid4())
            self._over.wait(0.05)  # the server is away or not yet up again


def _write_and_kill(place: Embedded, history: History, kills: int, *, same_key: bool) -> int:
    """How many requests were cut off."""
    clients = _Clients(place, history, same_key=same_key)
    clients.start()
    try:
        for _ in range(kills):
            clients.until(clients.acknowledged + ACKNOWLEDGED_BETWEEN_KILLS)
            place.end(signal.SIGKILL)
            place.start()
        clients.until(clients.acknowledged + CLIENTS)
    finally:
        clients.stop()
    return clients.cut_off


ROW = Row(
    number=1,
    fault="the API's process is killed in the middle of appends",
    injected="SIGKILL under 8 clients, one answer of ten lost; each asks again with the same key",
    invariants=("I1", "I2", "I3"),
    run=run,
    without="the same key",
    control=control,
)
