"""The script that makes databases and roles: a service's roles reach their own database, and the app cannot rewrite."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.databases import Databases
from deploy.local.postgres import PostgresServer
from deploy.local.process import Child
from deploy.prepare import prepare
from shared.runtime.gate import Gate
from shared.runtime.settings import SERVICES, Settings
from tests.engines import engine_folder, or_missing

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    password_file = tmp_path_factory.mktemp("databases") / "passwords.json"
    with engine_folder("postgres") as folder, or_missing(lambda: PostgresServer(folder)) as server:
        made = Databases.over(server, password_file)
        made.make()
        yield made


async def connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def test_making_them_twice_changes_nothing(databases: Databases) -> None:
    databases.make()
    assert databases.server.run_sql("select count(*) from pg_roles where rolname like '%\\_app'") == "4"


async def test_the_passwords_are_found_again(databases: Databases, tmp_path: Path) -> None:
    first = Databases.over(databases.server, tmp_path / "passwords.json")
    again = Databases.over(databases.server, tmp_path / "passwords.json")
    assert first.passwords == again.passwords
    assert (tmp_path / "passwords.json").stat().st_mode & 0o077 == 0


def test_preparing_ends_when_told_to_by_a_handler_of_its_own(tmp_path: Path) -> None:
    """A container's first process gets no signal but those that it takes."""
    gate = Gate(tmp_path / "gate")
    gate.shut()
    command = [sys.executable, "-m", "deploy.prepare", "--gate", str(gate.path)]
    child = Child(command, log=tmp_path / "log", environment={})
    takes = re.compile(r"^SigCgt:\s*(\w+)$", re.MULTILINE)
    status = Path(f"/proc/{child.pid}/status")
    child.wait_until(lambda: int(takes.findall(status.read_text())[0], 16) >> signal.SIGTERM - 1 & 1 == 1, within=30)
    child.stop()
    gate.open()
    assert child.exit_code == 128 + signal.SIGTERM


async def test_one_services_role_does_not_enter_anothers_database(databases: Databases) -> None:
    own = urlsplit(databases.settings("app")["GATEHOUSE_INTAKE_EVENTS_URL"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connected(own._replace(path="/review").geturl())


async def test_the_app_role_reads_the_log_but_writes_it_by_one_function_only(databases: Databases) -> None:
    for _ in range(2):  # a repeat changes nothing
        await prepare(Settings.from_environment(databases.settings("owner")), copies=1)
    app = await connected(databases.settings("app")["GATEHOUSE_INTAKE_EVENTS_URL"])
    assert await app.fetchval("select count(*) from event") == 0
    for forbidden in ("delete from event", "update event set type = 'x'", "truncate event", "drop table event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)
    await app.close()


async def test_not_even_the_owner_changes_what_was_written(databases: Databases) -> None:
    await prepare(Settings.from_environment(databases.settings("owner")), copies=1)
    owner = await connected(databases.settings("owner")["GATEHOUSE_REVIEW_EVENTS_URL"])
    for forbidden in ("delete from event", "update event set type = 'x'", "truncate event"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(forbidden)
    await owner.close()


def test_a_database_is_open_to_its_own_two_roles_only(databases: Databases) -> None:
    insist_on_own_roles(databases)


def insist_on_own_roles(databases: Databases) -> None:
    allowed = "select distinct datname || ' ' || grantee::regrole from pg_database, aclexplode(datacl)"
    lines = databases.server.run_sql(f"{allowed} where not datistemplate and datname <> 'postgres'").splitlines()
    assert sorted(lines) == sorted(f"{service} {service}_{kind}" for service in SERVICES for kind in ("app", "owner"))


CUT_OFF = (
    # every role, and not one database
    "".join(f"create role {name}_owner login; create role {name}_app login;" for name in SERVICES),
    # every database, and nobody may come in but everybody
    "revoke connect on database intake from intake_app; grant connect on database review to public;",
    # in between
    "drop database reporting; drop role reporting_app; drop database review;",
)


async def test_a_first_start_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    with engine_folder("postgres") as folder, or_missing(lambda: PostgresServer(folder)) as server:
        made = Databases.over(server, tmp_path / "passwords.json")
        for statements in CUT_OFF:
            for statement in statements.split(";"):
                server.run_sql(statement)
            made.make()
            insist_on_own_roles(made)
        connection = await connected(made.settings("app")["GATEHOUSE_REPORTING_EVENTS_URL"])
        assert await connection.fetchval("select current_user") == "reporting_app"
        await connection.close()
