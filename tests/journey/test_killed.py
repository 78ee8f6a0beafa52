"""Killed at any moment and started again, the embedded run goes on with nothing lost and one Temporal alive."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.journey.places import Embedded, embedded, gatehouse
from tests.journey.walker import MEDIUM, Walker, wait_for

pytestmark = pytest.mark.slow
WRITERS = 4
KILLS = 3


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with embedded(tmp_path_factory.mktemp("killed")) as found:
        yield found


def test_what_was_acknowledged_survives_every_kill(place: Embedded) -> None:
    acknowledged: dict[str, str] = {}
    for round_number in range(KILLS):
        acknowledged |= _killed_while_writing(place, round_number)
        place.start()
    assert len(acknowledged) >= KILLS * WRITERS
    with Walker(place) as walker:
        for key, system_id in acknowledged.items():
            again = walker.post("/intake/v1/intakes", "rita", _body(key), key=key)
            assert again["system_id"] == system_id
        wanted = {f"System {key}" for key in acknowledged}
        wait_for(lambda: wanted <= set(_systems(walker)), "every acknowledged system in the list")
        listed = _systems(walker)
    assert len(listed) == len(set(listed)), "none is there twice"
    # What was under way when it was killed may be kept without having been acknowledged: one per writer and kill.
    assert len(listed) - len(wanted) <= KILLS * WRITERS
    assert _temporals(place.folder) == 1
    assert wait_for(lambda: _whole(place), "a verified log")["verified"]


def test_a_second_run_on_the_same_folder_is_refused_and_names_the_holder(place: Embedded) -> None:
    with place.second() as second:
        assert second.wait(timeout=60) == 1
        assert second.stderr is not None
        assert f"process {place.pid}" in second.stderr.read()


def _killed_while_writing(place: Embedded, round_number: int) -> dict[str, str]:
    """Write from several sides until enough is acknowledged, kill, and tell what was acknowledged."""
    acknowledged: dict[str, str] = {}
    enough = threading.Event()

    def write(writer: int) -> None:
        with Walker(place) as walker:
            for number in range(1_000):
                key = f"{round_number}-{writer}-{number}"
                try:
                    answer = walker.request("POST", "/intake/v1/intakes", "rita", _body(key), key)
                except httpx2.TransportError:
                    return  # killed: this one may or may not be kept
                assert answer.status_code == 201, answer.text
                acknowledged[key] = answer.json()["system_id"]
                if len(acknowledged) >= 5 * WRITERS:
                    enough.set()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert enough.wait(timeout=60)
    place.end(signal.SIGKILL)
    for writer in writers:
        writer.join(timeout=60)
    return acknowledged


def _body(key: str) -> dict[str, object]:
    return {"name": f"System {key}", "owner": "omar", "answers": MEDIUM}


def _systems(walker: Walker) -> list[str]:
    found, cursor = [], ""
    while True:
        page = walker.get(f"/intake/v1/systems?limit=500{cursor}", "rita")
        found += [one["name"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def _temporals(folder: Path) -> int:
    """How many processes serve this folder's Temporal file."""
    wanted = str(folder / "temporal" / "temporal.db").encode()
    found = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = process.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        found += wanted in arguments
    return found


def _whole(place: Embedded) -> dict[str, object] | None:
    answer = gatehouse("verify", str(place.folder), "--witness", str(place.witness))
    return answer if answer["projections"] == "same" else None
