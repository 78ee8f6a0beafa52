"""Alembic's way in; how revisions run is the same for every service."""

from shared.store.migrations import run

run()
