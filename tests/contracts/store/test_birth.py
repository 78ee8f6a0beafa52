"""A store is given its identity once."""

from uuid import UUID

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.runtime.settings import SERVICES
from shared.store.migrate import newest, upgrade
from shared.store.migrations import bring
from shared.store.open import open_database, open_store
from shared.store.port import WrongInstallation
from tests.contracts.store.conftest import Opener

GIVEN = "5a3e0c1e-0000-4000-8000-000000000001"


async def test_a_store_is_born_with_a_random_id_and_keeps_it(opener: Opener) -> None:
    first, second = await opener(), await opener()
    assert first.installation == second.installation == str(UUID(first.installation))
    assert first.origin == f"{first.installation}.gatehouse.local/intake"
    assert first.service == "intake"


async def test_two_stores_have_two_ids(opener: Opener, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Opener(f"sqlite:///{tmp_path_factory.mktemp('other') / 'events.db'}")
    assert (await opener()).installation != (await other()).installation
    await other.close()


async def test_an_id_and_a_domain_can_be_given_at_birth_alone(opener: Opener) -> None:
    assert (await opener(installation=GIVEN, domain="ai.example")).origin == "ai.example/intake"
    assert (await opener()).installation == GIVEN
    for wrong in ({"installation": str(UUID(int=7))}, {"domain": "other.example"}):
        with pytest.raises(WrongInstallation):
            await opener(**wrong)


async def test_a_store_belongs_to_one_service(opener: Opener) -> None:
    await opener()
    with pytest.raises(WrongInstallation):
        await open_store(opener.url, "review")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_has_its_revisions_and_running_them_again_changes_nothing(
    service: str, events_url: str
) -> None:
    for _ in range(2):
        await upgrade(events_url, service)
    database = open_database(events_url)
    async with database.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM alembic_version")).scalar_one() == 1
        assert (await connection.exec_driver_sql("SELECT next_position FROM log_head")).scalar_one() == 0
    await database.close()


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_revision_is_the_one_that_alembic_ends_at(service: str) -> None:
    config = Config()
    config.set_main_option("script_location", f"services.{service}:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [newest(service)]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_store_of_an_earlier_version_is_brought_to_this_one(service: str, events_url: str) -> None:
    database = open_database(events_url)
    await database.transact(lambda connection: bring(connection, service, "0001"))
    await upgrade(events_url, service)
    async with database.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).all() == [
            (newest(service),)
        ]
        assert (await connection.exec_driver_sql("SELECT ends FROM relay_cursor")).all() == []
    await database.close()
