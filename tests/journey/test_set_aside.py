"""Garbage in the event log, from the first word of it on the command line to a verified log without it."""

import asyncio
import re
from pathlib import Path

import httpx2
import pytest

from shared.log.open import open_log
from shared.log.port import Outgoing, facts_topic
from tests.journey.places import Embedded, commanded, embedded, gatehouse
from tests.journey.walker import wait_for

pytestmark = pytest.mark.slow
GARBAGE = Outgoing(key=b"stranger", value=b"\xff no event", headers={})
"""A stranger knows nothing of our headers."""
CONSUMERS = {
    "intake",
    "intake/discoveries",
    "intake/starts",
    "intake/bells",
    "monitoring",
    "reporting",
    "review",
    "review/intake",
}
WHY = "written by hand, ticket 7"


async def inject(folder: Path) -> None:
    log = await open_log(f"sqlite:///{folder / 'log.db'}")
    await log.writer().publish(facts_topic("intake"), [GARBAGE])
    await log.close()


def set_aside(place: Embedded) -> dict[str, float]:
    """What the metrics say."""
    text = httpx2.get(place.url("intake") + "/metrics").raise_for_status().text
    found = re.findall(r'^gatehouse_records_set_aside\{consumer="([^"]+)"\} (\S+)$', text, flags=re.MULTILINE)
    return {consumer: float(number) for consumer, number in found}


def test_an_operator_drops_garbage_from_the_command_line(tmp_path: Path) -> None:
    with embedded(tmp_path) as place:
        assert set(set_aside(place).values()) == {0.0}
        place.end()
        asyncio.run(inject(place.folder))
        place.start()
        wait_for(lambda: {name for name, number in set_aside(place).items() if number} == CONSUMERS, "garbage")
        where = ("--data", str(place.folder), "--url", place.url("intake"))
        items = gatehouse("aside", "list", *where)["items"]
        assert {each["consumer"] for each in items} == CONSUMERS
        assert all(each["droppable"] and "MalformedEvent" in each["reason"] for each in items)
        for each in items:
            record = f"{each['topic']}/{each['partition']}/{each['offset']}"
            tried = commanded("aside", "release", each["consumer"], record, "--reason", WHY, *where, code=1)
            assert (tried["handled"], tried["left"]) == (0, 1)
            dropped = commanded("aside", "drop", each["consumer"], record, "--reason", WHY, *where)
            assert dropped["left"] == 0
        assert gatehouse("aside", "list", *where)["items"] == []
        assert set(set_aside(place).values()) == {0.0}
        assert gatehouse("rebuild", *where)["same"]
        assert set(set_aside(place).values()) == {0.0}, "a rebuild passes over what was dropped"
        token = {"Authorization": f"Bearer {place.token('operator')}"}
        trail = httpx2.get(place.url("reporting") + "/reporting/v1/audit?limit=200", headers=token).json()["items"]
        told = [each["type"] for each in trail if "records_released" in each["type"]]
        assert len(told) == 2 * len(CONSUMERS)
        found = gatehouse("verify", *where[1:2])
        assert (found["verified"], found["projections"]) == (True, "same")
