"""What the strangers are shown: a running product whose log reaches beyond one full tile."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import NAMESPACE_DNS, uuid5

import pytest

from shared.events.intake import SystemDiscovered
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, NewEvent, StreamAppend
from shared.transparency.checkpoint import peek
from tests.contracts.store.appends import MONDAY, append
from tests.journey.places import Embedded
from tests.journey.walker import MEDIUM, Walker, wait_for
from tests.strangers.said import Said, Tell, as_property

DISCOVERED = 700
"""Facts put in through the store: two full tiles of 256, and a part of a third."""


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Keeps what a tool said in the report of the test run."""

    def told(tool: str, version: str, read: str, words: str, *, control: bool = False) -> None:
        record_property(*as_property(Said(tool, version, read, words, control)))

    return told


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The embedded run on such a log, with a system that came in through the front door; all of it is signed."""
    place = Embedded(tmp_path_factory.mktemp("strangers"))
    asyncio.run(_discover(f"sqlite:///{place.folder / 'intake' / 'events.db'}"))
    place.start()
    try:
        _fill(place)
        yield place
    finally:
        place.end()


def _fill(place: Embedded) -> None:
    with Walker(place) as walker:
        asked = {"name": "Helpdesk assistant", "owner": "omar", "answers": MEDIUM}
        taken = walker.post("/intake/v1/intakes", "rita", asked)
        wait_for(lambda: signed(walker, "intake") > taken["position"], "a signed head over the newest intake")
        walker.post("/review/v1/appointments", "operator", {"person": "chair", "role": "board_chair"})
        wait_for(lambda: signed(walker, "review") > 0, "a signed head over the appointment")


async def _discover(url: str) -> None:
    await upgrade(url, "intake")
    store = await open_store(url, "intake")
    await store.append(append(*map(_discovery, range(DISCOVERED))))
    await store.close()


def _discovery(number: int) -> StreamAppend:
    name = f"model-{number}"
    found = SystemDiscovered(discovery_id=name, name=f"Model {number}", found_by="scanner", found_in="cluster")
    event = NewEvent(id=str(uuid5(NAMESPACE_DNS, name)), fact=found, time=MONDAY)
    stream = f"discovery/{name}"
    return StreamAppend(stream=stream, partitionkey=stream, expected=EMPTY, events=[event])


def signed(walker: Walker, service: str) -> int:
    """How many facts the service's newest signed head covers."""
    answer = walker.request("GET", f"/{service}/v1/log/checkpoint", "operator")
    return peek(answer.content).size if answer.status_code == 200 else 0
