"""A running review for a test, on files of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.policy.bundle import Bundle, load_bundle
from tests.services.review.world import World, world


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return load_bundle()


@pytest.fixture
async def review(tmp_path: Path, bundle: Bundle) -> AsyncIterator[World]:
    async with world(tmp_path, bundle) as running:
        await running.staffed()
        yield running
