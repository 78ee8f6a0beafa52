"""The revisions make the tables that the code names, on both engines; the derived ones are made by their definition."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from services.intake.tables import DURABLE
from shared.runtime.tables import METADATA
from shared.store.database import Database
from shared.store.migrate import upgrade
from shared.store.open import open_database

TABLES = {**METADATA.tables, **DURABLE.tables}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'events.db'}" if sqlite else request.getfixturevalue("postgres_url")
    await upgrade(url, "intake")
    database = open_database(url)
    yield database
    await database.close()


def found(connection: Connection) -> dict[str, Any]:
    looking = inspect(connection)
    return {
        name: (
            {column["name"]: column["nullable"] for column in looking.get_columns(name)},
            {
                (index["name"], tuple(index["column_names"]), bool(index["unique"]))
                for index in looking.get_indexes(name)
            },
        )
        for name in TABLES
    }


async def test_the_revisions_make_the_tables_that_the_code_names(migrated: Database) -> None:
    there = await migrated.transact(found)
    for name, table in TABLES.items():
        columns, indexes = there[name]
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, name
        named = {(index.name, tuple(c.name for c in index.columns), bool(index.unique)) for index in table.indexes}
        assert named <= indexes, name
