"""A log's soundness is watched in memory that does not grow with it, and what lies in the file is found again."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from shared.log.soundness import Soundness
from shared.log.spilling import HELD
from tests.contracts.log.records import published

HELD_HERE = 40
"""So few in memory that almost everything is in the file."""


def entries(count: int) -> Iterator[bytes]:
    """So many entries of streams with three events each, which go on long after they began."""
    third = count // 3
    for number in range(count):
        yield published(f"discovery/{number % third}", number // third).value


def watched(log: Iterator[bytes], held: int = HELD_HERE) -> Soundness:
    """What has watched all of it and found nothing."""
    sound = Soundness(held)
    for position, entry in enumerate(log):
        assert sound(position, entry) is None
    return sound


def peak(work: Callable[[], object]) -> int:
    """The most bytes of Python's that the work held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True)
def small_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few bits that many names share one."""
    monkeypatch.setattr("shared.log.spilling._FILTER_BITS", 1 << 10)


def test_every_version_of_a_long_log_is_followed_and_little_of_it_held() -> None:
    sound = watched(entries(900))
    assert max(sound.streams.in_memory, sound.ids.in_memory) <= HELD_HERE


@pytest.mark.parametrize("first", [0, 17, 299])
def test_an_id_that_stood_long_ago_is_found_when_it_stands_again(first: int) -> None:
    sound = watched(entries(900))
    again = published(f"discovery/{first}", 3, id=published(f"discovery/{first}", 0).headers["event_id"].decode())
    assert "stands twice" in str(sound(900, again.value))


@pytest.mark.parametrize(
    ("stream", "version", "key", "fault"),
    [
        ("discovery/3", 4, None, "goes on with version 4 instead of 3"),
        ("discovery/3", 2, None, "goes on with version 2 instead of 3"),
        ("discovery/3", 3, "elsewhere", "moved to the key elsewhere"),
        ("discovery/never", 1, None, "goes on with version 1 instead of 0"),
    ],
)
def test_a_stream_that_began_long_ago_is_held_to_its_version_and_key(
    stream: str, version: int, key: str | None, fault: str
) -> None:
    sound = watched(entries(900))
    assert fault in str(sound(900, published(stream, version, key=key).value))


def test_memory_stays_as_the_log_grows_and_would_not_without_the_file() -> None:
    few, many = list(entries(600)), list(entries(6_000))
    peak(lambda: watched(iter(few)))  # what is made once and kept, however long the log
    bounded = peak(lambda: watched(iter(many))) / peak(lambda: watched(iter(few)))
    unbounded = peak(lambda: watched(iter(many), HELD)) / peak(lambda: watched(iter(few), HELD))
    assert bounded < 1.5
    assert unbounded > 4  # the control: it is the file that keeps it down
