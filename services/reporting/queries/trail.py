"""The audit trail, newest first: by system, person, kind and period, within what the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, String, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Ref
from services.reporting.domain.cut import Period
from services.reporting.queries.reading import Scope, chunks
from shared.events.envelope import stamp
from shared.runtime.cursors import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact as the audit trail shows it; `digest` is its leaf hash in the log of its service."""

    service: str
    position: int
    event_id: str
    stream: str
    version: int
    type: str
    time: datetime
    recorded: datetime
    authtype: str
    actor: str
    on_behalf_of: str | None
    system_id: str | None
    correlation: str
    causation: str | None
    policy: str | None
    digest: str

    @property
    def proof(self) -> str:
        """Where the proof is served that the fact is in the log."""
        return f"/{self.service}/v1/log/proof/{self.event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which facts: of a system, with a person in them (acting, acted for or named), of a kind, recorded in a period."""

    system: str | None = None
    person: str | None = None
    kind: str | None = None
    period: Period | None = None


async def entries(
    connection: AsyncConnection, scope: Scope, sought: Sought, page: Page
) -> tuple[Sequence[Entry], str | None]:
    """A page of the trail, and the cursor of the next."""
    found = [_entry(row) for row in await connection.execute(page_of(scope, sought, page))]
    shown = found[: page.limit]
    more = len(found) > page.limit
    return shown, page.next((stamp(shown[-1].recorded), shown[-1].service, shown[-1].position)) if more else None


def page_of(scope: Scope, sought: Sought, page: Page) -> Select[tuple[object, ...]]:
    """What asks for a page, and for one entry more."""
    columns = tables.fact.c if sought.person is None else tables.fact_person.c  # the index that has them in this order
    query = _filtered(sought).order_by(columns.recorded.desc(), columns.service.desc(), columns.position.desc())
    if sought.period is not None:
        query = query.where(columns.recorded >= sought.period.start, columns.recorded < sought.period.end)
    if not scope.reach.everything:
        query = query.where(scope.of_facts(tables.fact.c.system_id))
    if (last := page.last(str, str, int)) is not None:
        key = (type_coerce(columns.recorded, String), columns.service, columns.position)
        query = query.where(tuple_(*key) < last)
    return query.limit(page.limit + 1)


async def named(connection: AsyncConnection, refs: Sequence[Ref]) -> Mapping[Ref, Entry]:
    """The entries of these facts."""
    found: dict[Ref, Entry] = {}
    columns = tables.fact.c
    for part in chunks(sorted(set(refs))):
        query = select(tables.fact).where(tuple_(columns.service, columns.position).in_(part))
        for row in await connection.execute(query):
            found[row.service, row.position] = _entry(row)
    return found


def _filtered(sought: Sought) -> Select[tuple[object, ...]]:
    columns, query = tables.fact.c, select(tables.fact)
    if sought.system is not None:
        query = query.where(columns.system_id == sought.system)
    if sought.kind is not None:
        query = query.where(columns.type == sought.kind)
    if sought.person is not None:
        named_in = tables.fact_person.c
        query = query.join(
            tables.fact_person,
            (named_in.service == columns.service)
            & (named_in.position == columns.position)
            & (named_in.person == sought.person),
        )
    return query


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__slots__})
