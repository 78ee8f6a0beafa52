"""What every service's Alembic folder shares: how revisions run, the first revision, and append-only tables.

`services/<service>/migrations/env.py` is two lines: import `run` from here, call it.
"""

from importlib.resources import files

from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Column, Connection, Text

from shared.store.tables import APPEND_ONLY


def bring(connection: Connection, service: str, revision: str = "head") -> None:
    """Run that service's revisions up to this one; Alembic loads its `env.py`, which calls `run`."""
    config = Config()
    config.set_main_option("script_location", f"services.{service}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def run() -> None:
    """Run the revisions on the connection that `bring` hands over, all or none."""
    connection = context.config.attributes["connection"]
    assert isinstance(connection, Connection)
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def create_event_tables() -> None:
    """Revision 0001 of every service: the log of facts and what serves it."""
    _run_file("0001")
    for table in APPEND_ONLY:
        append_only(table)


def create_log_guard() -> None:
    """The rollback guard's word beside the events (`shared.store.rollback_guard`)."""
    _run_file("0002")


def create_view_drops() -> None:
    """What was dropped from the derived tables, where they lie in the same database; on SQLite it is in their files."""
    if op.get_bind().dialect.name == "postgresql":
        _run_file("0003")


def keep_the_ends_of_partitions() -> None:
    """Beside the relay's cursor, what was last sent to each partition: one may lose its end while another keeps it."""
    op.add_column("relay_cursor", Column("ends", Text, nullable=False, server_default="{}"))


def _run_file(number: str) -> None:
    engine = op.get_bind().dialect.name
    text = files("shared.store").joinpath("schema", f"{number}_{engine}.sql").read_text()
    for statement in text.split("-- next\n"):
        op.get_bind().exec_driver_sql(statement)


def append_only(table: str) -> None:
    """Refuse changes to a table's rows: PostgreSQL also refuses TRUNCATE, which SQLite does not have."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
