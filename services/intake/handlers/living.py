"""What becomes of a system: approvals noted, launched, retired, merged."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.commands import Command, Merge, NoteApproval, ReportLaunch, Retire
from services.intake.domain.state import Active, Merged, State, Unregistered, Withdrawn, round_of
from services.intake.handlers.systems import Beside, By, Seen, Systems, fold_past, place_of, stream_of
from services.intake.handlers.telling import outcome, registered
from shared.events.review import DecisionRecorded
from shared.refusals import Refused
from shared.store.port import Past, Receipt


class Living:
    """The life of systems after their intake."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems

    async def launch(self, system_id: str, version: str, at: datetime | None, by: By) -> Receipt:
        """Take a launch; `at` None means now. What is told of a merged system counts for the one it lives on as."""
        seen = await self._survivor(system_id, by)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [ReportLaunch(now=now, version=version, launched_at=at or now, by=by.person)]

        return await self._systems.do(seen.system_id, plan, by, outcome("launched", "unchanged"), story=_story(seen))

    async def retire(self, system_id: str, reason: str, at: datetime | None, by: By) -> Receipt:
        """Take a system out of use; `at` None means now."""
        seen = await self._seen(system_id, by)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [Retire(now=now, retired_at=at or now, reason=reason, by=by.person)]

        return await self._systems.do(system_id, plan, by, outcome("retired"), story=_story(seen))

    async def merge(self, system_id: str, into: str, reason: str, by: By) -> Receipt:
        """End a duplicate.

        Raises `invalid-field` when `into` is no system that can live on (not there, merged, retired, or taken back
        before it ever went live), and `wrong-state` when `into` is not live and this one is.
        """
        seen = await self._seen(system_id, by)
        into_live = False

        def lives_on(past: Past) -> None:
            nonlocal into_live
            target = fold_past(past)
            if not isinstance(target, Unregistered):
                by.guard(place_of(registered(target)))
            if not isinstance(target, Active) or (isinstance(target.intake, Withdrawn) and not target.live):
                wrong = {"detail": "not a system that lives on", "pointer": "#/into"}
                raise Refused("invalid-field", "a duplicate is merged into a registered system in use", [wrong])
            into_live = target.live

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [Merge(now=now, into=into, reason=reason, by=by.person, into_live=into_live)]

        beside = Beside(stream_of(into), lives_on) if into != system_id else None
        return await self._systems.do(system_id, plan, by, outcome("merged"), story=_story(seen), beside=beside)

    async def note(self, decision: DecisionRecorded, by: By) -> Receipt:
        """Note how a review ended."""

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [
                NoteApproval(
                    now=now,
                    review_id=decision.review_id,
                    round=decision.round,
                    outcome=decision.outcome,
                    decided_at=decision.decided_at,
                    expires_at=decision.expires_at,
                )
            ]

        return await self._systems.do(decision.system_id, plan, by, lambda *_: {}, story=by.context.correlationid)

    async def _survivor(self, system_id: str, by: By) -> Seen:
        seen = await self._seen(system_id, by)
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(seen.state, Merged):
                return seen
            seen = await self._seen(seen.state.into, by)
        raise Refused("wrong-state", "merged over and over: the chain of merges does not end")

    async def _seen(self, system_id: str, by: By) -> Seen:
        seen = await self._systems.read(system_id)
        by.guard(place_of(registered(seen.state)))
        return seen


_LONGEST_CHAIN = 32


def _story(seen: Seen) -> str:
    return round_of(registered(seen.state)).submission.intake_id
