"""A source that tells the whole again (an import, a webhook): registered, amended, changed, or nothing new."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.intake.domain.commands import Amend, Command, DeclareChange, ReportLaunch, Retire
from services.intake.domain.describing import stale
from services.intake.domain.differing import changed_answers
from services.intake.domain.state import Active, Confirmed, Merged, Retired, State, Unregistered, Withdrawn, round_of
from services.intake.handlers.checking import Checking, Content, differing
from services.intake.handlers.describing import AMENDMENT, SUBMISSION, Describing, place_after
from services.intake.handlers.requests import Told
from services.intake.handlers.systems import By, Seen, Systems, place_of
from services.intake.handlers.telling import outcome, registered
from shared.refusals import Refused
from shared.store.handling import ATTEMPTS, Ids
from shared.store.port import Receipt

UNVERSIONED = "unversioned"
_AGAIN = "told by the source: other answers than those on which the tier was confirmed"


class Retelling:
    """Descriptions as another system of record gives them: under its own key, whole each time, perhaps repeated."""

    def __init__(self, systems: Systems, checking: Checking, describing: Describing) -> None:
        self._systems, self._checking, self._describing = systems, checking, describing

    async def tell(self, told: Told, by: By) -> Receipt:
        """Bring the system with that external key to what is told; the answer's `outcome` says what that was:
        registered, amended, unchanged, or merged where it lives on as another system.

        Raises `Refused` as `Describing.submit` does, but for `already-exists`.
        """
        if (receipt := await self._systems.replayed(by.key)) is not None:
            return receipt
        content = self._checking.told(told)
        for _ in range(ATTEMPTS):
            seen = await self._known(told, content)
            try:
                if seen is None:
                    return await self._describing.submit(told, by)
                by.guard(place_of(registered(seen.state)))
                by.guard(place_after(seen, told))
                return await self._brought_up(seen, told, content, by)
            except Refused as refused:
                if refused.code not in ("version-conflict", "already-exists"):
                    raise
        raise Refused("too-contended", f"{told.external_key} was changed by others {ATTEMPTS} times meanwhile")

    async def _known(self, told: Told, content: Content) -> Seen | None:
        """The system under its key; else one under an alias, if the text that tells namesakes apart is the same."""
        if told.external_key is None:
            raise Refused("invalid-field", "what is told again needs an external key", [_KEY])
        seen = await self._systems.read(self._describing.system_of(told.external_key))
        if not isinstance(seen.state, Unregistered):
            return seen
        for alias in told.aliases:
            other = await self._systems.read(self._describing.system_of(alias))
            if not isinstance(other.state, Unregistered) and await self._same(other, told, content):
                return other
        return None

    async def _same(self, other: Seen, told: Told, content: Content) -> bool:
        if told.same_text is None:
            return True
        return (await self._checking.words(other)).get(told.same_text) == content.texts.get(told.same_text)

    async def _brought_up(self, seen: Seen, told: Told, content: Content, by: By) -> Receipt:
        if isinstance(seen.state, Merged):
            return await self._systems.do(seen.system_id, _nothing, by, outcome("merged"))
        commands = await self._commands(seen, told, content, by)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return commands(now)

        return await self._systems.do(
            seen.system_id,
            plan,
            by,
            outcome("amended", "unchanged"),
            story=round_of(seen.system).submission.intake_id,
            if_version=seen.past.version,
        )

    async def _commands(
        self, seen: Seen, told: Told, content: Content, by: By
    ) -> Callable[[datetime], Sequence[Command]]:
        system, present = seen.system, round_of(seen.system)
        settled = isinstance(present, Confirmed | Withdrawn) and not isinstance(seen.state, Retired)
        anew = settled and bool(changed_answers(present.submission.answers, content.answers))
        intake_id = Ids(self._systems.installation, by.key)(SUBMISSION)
        event_id = intake_id if anew else Ids(self._systems.installation, by.key)(AMENDMENT)
        description = await self._checking.sealed(event_id, told.requester, content, told, seen)
        changed = differing(await self._checking.words(seen), content.texts)

        def at(now: datetime) -> Sequence[Command]:
            if stale(present.submission, told.source):
                return []
            history = [] if isinstance(seen.state, Retired) else _history(system, told, now)
            if anew:
                return [
                    DeclareChange(
                        now=now,
                        intake_id=intake_id,
                        description=description,
                        texts_changed=changed,
                        summary=_AGAIN,
                        by=told.requester,
                        source=told.source,
                        sent_by=by.person,
                    ),
                    *history,
                ]
            amend = Amend(
                now=now,
                intake_id=None,
                description=description,
                texts_changed=changed,
                source=told.source,
                by=by.person,
            )
            return [amend, *history]

        return at


def _nothing(_: State, __: datetime) -> Sequence[Command]:
    return []


def _history(system: Active, told: Told, now: datetime) -> list[Command]:
    """What went live or out of use since the source was last heard: no longer history, but news."""
    news: list[Command] = []
    if told.launched is not None and not system.live:
        version, at = told.launched.version or UNVERSIONED, told.launched.at or now
        news.append(ReportLaunch(now=now, version=version, launched_at=at, by=told.requester))
    if told.retired is not None:
        news.append(Retire(now=now, retired_at=told.retired.at or now, reason="told by the source", by=told.requester))
    return news


_KEY = {"detail": "missing", "pointer": "#/external_key"}
