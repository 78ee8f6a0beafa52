"""When a source told something, as far as its clock can be believed."""

from datetime import datetime, timedelta
from typing import Final

AHEAD: Final = timedelta(minutes=5)
"""How far ahead of ours a source's clock may be and still order what it tells."""


def believed(stated: datetime | None, at: datetime) -> datetime | None:
    """The source's time of what arrived at `at`; one far ahead, which would make all later ones stale, becomes `at`."""
    return stated if stated is None or stated <= at + AHEAD else at
