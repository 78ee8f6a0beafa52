"""The places of the journeys, each started when the first test asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.platform import Platform
from tests.engines import engine_folder, or_missing
from tests.journey.places import Embedded, OnPlatform, Place, embedded


@pytest.fixture
def embedded_place(tmp_path: Path) -> Iterator[Embedded]:
    with embedded(tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with engine_folder("platform") as folder, or_missing(lambda: Platform(folder)) as running:
        yield running


@pytest.fixture(params=["embedded", "platform"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "embedded":
        found: Embedded = request.getfixturevalue("embedded_place")
        return found
    return OnPlatform(request.getfixturevalue("platform"))
