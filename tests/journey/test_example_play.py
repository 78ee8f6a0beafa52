"""A play is a function of its seed and end, also when it is killed again and again."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.journey.example_records import Records

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(600)]
END = "2026-11-23"
NAMES = (
    "Meeting notes",
    "Meeting minutes",
    "Spreadsheet helper",
    "Ticket summariser",
    "Log anomaly finder",
    "Patch agent",
    "Care letters",
)
"""A duplicate, one that was discovered, a change, a dispute, and one that is still open at the end."""


def begun(folder: Path, seed: int = 1, end: str = END) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.journey.example_player", str(folder), str(seed), end, *NAMES]
    with (folder.parent / f"{folder.name}.log").open("a") as log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)


def finished(play: subprocess.Popen[str], folder: Path) -> Records:
    said, _ = play.communicate(timeout=400)
    assert play.returncode == 0, (folder.parent / f"{folder.name}.log").read_text()[-3000:]
    assert said.count("step ") > 40
    return Records(folder)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Records]:
    """The same play twice, one of another seed, and one that ends a day earlier; side by side."""
    place = tmp_path_factory.mktemp("plays")
    asked = {"once": (1, END), "again": (1, END), "other seed": (2, END), "other end": (1, "2026-11-22")}
    running = {name: begun(place / name.replace(" ", "-"), *how) for name, how in asked.items()}
    return {name: finished(play, place / name.replace(" ", "-")) for name, play in running.items()}


def test_one_seed_and_end_give_the_same_roots(plays: dict[str, Records]) -> None:
    assert plays["once"].log() == plays["again"].log()
    assert [event.body for event in plays["once"].events] == [event.body for event in plays["again"].events]


def test_another_seed_or_end_gives_other_roots(plays: dict[str, Records]) -> None:
    roots = [{service: log["root"] for service, log in plays[name].log().items()} for name in ("once", "other seed")]
    roots.append({service: log["root"] for service, log in plays["other end"].log().items()})
    assert all(len({each[service] for each in roots}) == 3 for service in ("intake", "review"))


def test_recorded_times_are_those_of_the_play(plays: dict[str, Records]) -> None:
    for service in ("intake", "review"):
        times = [event.event["recordedtime"] for event in plays["once"].events if event.service == service]
        assert times == sorted(times)
        assert times[0] >= "2024-11-23T00:00:00.000000Z"
        assert times[-1] <= "2026-11-23T00:00:00.000000Z"


def test_no_trace_and_no_wall_clock_is_in_the_facts(plays: dict[str, Records]) -> None:
    assert {event.event.get("traceparent") for event in plays["once"].events} == {None}
    assert all(event.event["time"] <= event.event["recordedtime"] for event in plays["once"].events)


def test_killed_and_resumed_it_comes_to_the_same_roots(plays: dict[str, Records], tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    before = -1
    for steps in (1, 9, 23, 24, 47):
        play = begun(folder)
        assert play.stdout is not None
        reached = next((line for line in play.stdout if line == f"step {steps}\n"), None)
        assert reached is not None, (tmp_path / "killed.log").read_text()[-3000:]
        play.send_signal(signal.SIGKILL)
        play.wait(timeout=30)
        play.stdout.close()
        kept = len(Records(folder).events)
        assert kept >= before
        before = kept
    whole = finished(begun(folder), folder)
    assert before < len(whole.events)
    assert whole.log() == plays["once"].log()
    assert Counter(event.event["id"] for event in whole.events).most_common(1)[0][1] == 1


def test_once_over_it_can_be_asked_for_again_and_adds_nothing(plays: dict[str, Records]) -> None:
    folder = plays["again"].folder
    assert finished(begun(folder), folder).log() == plays["once"].log()
