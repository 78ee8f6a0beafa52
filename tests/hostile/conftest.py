"""One running server for all attacks of a session."""

from collections.abc import Iterator

import pytest

from tests.hostile.site import Site, running


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with running() as found:
        yield found
