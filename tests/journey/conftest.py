"""The places of the journeys, each started when the first test asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.places import Embedded, OnPlatform, Place, embedded


@pytest.fixture
def embedded_place(tmp_path: Path) -> Iterator[Embedded]:
    with embedded(tmp_path) as place:
        yield place


@pytest.fixture(params=["embedded", "platform"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "embedded":
        found: Embedded = request.getfixturevalue("embedded_place")
        return found
    return OnPlatform(request.getfixturevalue("platform"))
