"""What the tests of reporting share; see `fixtures`."""

from tests.services.reporting.fixtures import (
    database,
    key,
    log,
    logged,
    make_site,
    people,
    projector,
    tell,
    token_of,
    views,
)

__all__ = ["database", "key", "log", "logged", "make_site", "people", "projector", "tell", "token_of", "views"]
