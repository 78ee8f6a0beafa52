"""One running server for all attacks of a session."""

from collections.abc import Iterator

import pytest

from tests.engines import engine_folder
from tests.hostile.site import Site, Watched


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with engine_folder("hostile") as folder:
        place = Watched(folder)
        place.start()
        try:
            with Site(place) as running:
                yield running
        finally:
            place.end()
