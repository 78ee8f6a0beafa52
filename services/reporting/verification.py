"""Reporting verifies every service's log: what is new every minute, everything every day, and whatever had failed.

What it found is a fact of its own. A log that does not grow is looked at, but only a change is recorded, so that
verifying does not feed itself, and several verifiers over one store tell each finding once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog
from msgspec import structs

from services.reporting.adapters.logs import Finding, Remembered, examine_growth, examine_whole
from services.reporting.queries.reading import Derived
from services.reporting.queries.trust import digests_differ, published_head
from shared.events.fact import Fact
from shared.events.reporting import LogVerified
from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.handling import Command, handle
from shared.store.port import Context, EventStore, Key
from shared.transparency.policy import Policy
from shared.transparency.tile_source import TileSource

ACTOR: Final = "gatehouse/reporting/verifier"
_LOOKS: Final = 3
"""A failure counts when it stands this many looks: a head may be on its way while the first look is taken."""
_LOOK_AGAIN_SECONDS: Final = 2.0
_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often: `new` entries, the `whole` log, and a whole log that had failed (`again`)."""

    new: timedelta = timedelta(minutes=1)
    whole: timedelta = timedelta(days=1)
    again: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What this process has seen of one log: `head` was found intact last, `told` is the size last recorded."""

    head: Remembered | None = None
    told: int = 0
    whole_at: datetime | None = None
    failure: str | None = None


class Verifier:
    """Runs until cancelled. `policy_of` gives the auditor's policy for a log's origin, None where there is none."""

    name = ACTOR

    def __init__(
        self,
        store: EventStore,
        views: Derived,
        logs: Mapping[str, TileSource],
        policy_of: Callable[[str], Policy | None],
        clock: Callable[[], datetime],
        rhythm: Rhythm | None = None,
    ) -> None:
        self._store, self._views, self._logs, self._policy_of = store, views, logs, policy_of
        self._clock, self._rhythm = clock, rhythm or Rhythm()
        self._known = {service: _Known() for service in logs}

    async def run(self) -> None:
        """Verify, and wait for the next minute."""
        while True:
            try:
                await self.verify()
            except (StoreUnavailable, StoreFull) as reason:
                _log.warning("verification waits", reason=repr(reason))
            await asyncio.sleep(self._rhythm.new.total_seconds())

    async def verify(self) -> Sequence[LogVerified]:
        """Look at every log once; the facts that were recorded."""
        recorded: list[LogVerified] = []
        for service in sorted(self._logs, key=lambda name: name == self._store.service):
            seen, finding = await self._look(service)
            # Our own log grows by every finding: alone, that is nothing to tell.
            told = service != self._store.service or bool(recorded)
            if finding is not None and (finding.whole or finding.failed or told):
                recorded += await self._record(service, finding)
                seen = replace(seen, told=finding.head.size)
            self._known[service] = seen  # not before it is recorded: what a full store did not take is told again
        return recorded

    async def _look(self, service: str) -> tuple[_Known, Finding | None]:
        """What is known of a log from now on, and what there is to tell about it, None for nothing new."""
        known, now = self._known[service], self._clock()
        pause = self._rhythm.again if known.failure else self._rhythm.whole
        whole = known.head is None or known.whole_at is None or now - known.whole_at >= pause
        finding = await self._examined(service, known.head, whole=whole)
        if finding is None:
            if known.head is None or known.head.size <= known.told:
                return known, None
            return known, Finding(known.head, whole=False)
        seen = replace(
            known,
            head=known.head if finding.failed else finding.head,
            whole_at=now if finding.whole else known.whole_at,
            failure=finding.reason if finding.failed else None if finding.whole else known.failure,
        )
        if finding.failed:
            return seen, None if finding.reason == known.failure else finding
        return seen, finding if finding.whole or finding.head.size > known.told else None

    async def _examined(self, service: str, head: Remembered | None, *, whole: bool) -> Finding | None:
        finding: Finding | None = None
        for look in range(_LOOKS):
            if look:
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            finding = await self._examine(service, head, whole=whole)
            if finding is None or not finding.failed:
                break
        if finding is not None and finding.failed:
            _log.error("a log failed its verification", service=service, reason=finding.reason, at=finding.first_bad)
        return finding

    async def _examine(self, service: str, head: Remembered | None, *, whole: bool) -> Finding | None:
        source = self._logs[service]
        if whole or head is None:
            async with self._views.reading() as connection:
                published = await published_head(connection, service)
            finding = await asyncio.to_thread(examine_whole, source, self._policy_of, head, published)
        else:
            finding = await asyncio.to_thread(examine_growth, source, self._policy_of, head)
        if finding is None or finding.failed:
            return finding
        first = 0 if finding.whole or head is None else head.size
        async with self._views.reading() as connection:
            differing = await digests_differ(connection, service, source, first, finding.head.size)
        return finding if differing is None else finding.broken(differing, "the audit trail holds another fact here")

    async def _record(self, service: str, finding: Finding) -> Sequence[LogVerified]:
        """Record a finding, unless another verifier told the same last today; the facts that were recorded."""
        now = self._clock()
        fact = LogVerified(
            service=service,
            size=finding.head.size,
            root=finding.head.root,
            whole=finding.whole,
            intact=not finding.failed,
            first_bad=finding.first_bad,
            reason=finding.reason,
            verified_at=now,
        )
        verdict = "failed" if finding.failed else "intact"
        value = f"verify/{service}/{finding.head.size}/{verdict}/{now.isoformat()}"
        stream = f"verification/{service}/{now:%Y-%m-%d}"
        receipt = await handle(
            self._store,
            Command(
                stream=stream,
                partitionkey=stream,
                fold=lambda past: past.events[-1].fact if past.events else None,
                decide=lambda last, _: [] if _same(last, fact) else [fact],
                context=Context(authtype="system", authid=ACTOR, correlationid=stream),
                key=Key(scope="clock/reporting", value=value, digest=sha256(value.encode()).digest()),
            ),
        )
        return [] if receipt.position is None or receipt.replayed else [fact]


def _same(last: Fact | None, fact: LogVerified) -> bool:
    """Whether the last finding says the same, whoever found it and when."""
    return isinstance(last, LogVerified) and structs.replace(last, verified_at=fact.verified_at) == fact
