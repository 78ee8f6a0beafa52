"""A writer is killed at any moment: what was acknowledged is there, what was not can be asked for by its key."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.store.port import EventStore
from tests.contracts.store.appends import key, one
from tests.contracts.store.conftest import Opener

ROOT = Path(__file__).resolve().parents[3]
ROUNDS, ACKNOWLEDGED = 5, 120


@pytest.mark.fault
async def test_no_acknowledged_append_is_lost_when_its_process_is_killed(opener: Opener) -> None:
    store = await opener()
    acknowledged: dict[tuple[str, int], int] = {}
    for number in range(ROUNDS):
        acknowledged |= until_killed(opener.url, f"round-{number % 2}")
    stored = {(each.stream, each.version): each.position for each in await store.after(-1, 1_000_000)}
    assert len(acknowledged) >= ROUNDS * ACKNOWLEDGED
    assert {place: stored.get(place) for place in acknowledged} == acknowledged
    assert sorted(stored.values()) == list(range(len(stored)))
    await every_unknown_outcome_is_answered_by_key(store, acknowledged, stored)


def until_killed(url: str, name: str) -> dict[tuple[str, int], int]:
    """What a writer acknowledged before it was killed in the middle of its work."""
    command = [sys.executable, "-m", "tests.contracts.store.writer", url, name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(ACKNOWLEDGED)]
        writer.kill()
        lines += writer.stdout.readlines()
    told = [line.split() for line in lines if line.endswith("\n")]
    return {(stream, int(version)): int(position) for stream, version, position in told}


async def every_unknown_outcome_is_answered_by_key(
    store: EventStore, acknowledged: dict[tuple[str, int], int], stored: dict[tuple[str, int], int]
) -> None:
    """The append that each client had under way: kept or not, asking again with its key does it once."""
    newest: dict[str, int] = {}
    for stream, version in acknowledged:
        newest[stream] = max(version, newest.get(stream, -1))
    for stream, version in newest.items():
        receipt = await store.append(one(stream, version, by=key(f"{stream}/{version + 1}")))
        # A server may still commit for a client that was killed, after we looked: then it is a repeat as well.
        assert receipt.replayed or (stream, version + 1) not in stored
        assert (await store.read(stream)).events[version + 1].position == receipt.position
