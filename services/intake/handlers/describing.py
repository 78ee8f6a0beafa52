"""Taking in descriptions from people: submit, amend, declare a change, withdraw."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from services.intake.domain.commands import Amend, Command, DeclareChange, Description, Register, Source, Withdraw
from services.intake.domain.state import State
from services.intake.handlers.checking import Checking, Content, differing
from services.intake.handlers.discoveries import Discoveries
from services.intake.handlers.requests import Edits, Told
from services.intake.handlers.systems import By, Seen, Systems, place_of
from services.intake.handlers.telling import outcome, registered
from shared.refusals import Refused
from shared.runtime.principals import Place
from shared.store.handling import ATTEMPTS, Ids
from shared.store.port import Receipt

AMENDMENT: Final = "event/0"
SUBMISSION: Final = "event/1"
"""Which event of an append holds the description: an amendment comes first, a submission after what it belongs to."""


class Describing:
    """Descriptions of systems, as people give them."""

    def __init__(self, systems: Systems, checking: Checking, discoveries: Discoveries) -> None:
        self._systems, self._checking, self._discoveries = systems, checking, discoveries

    async def submit(self, told: Told, by: By) -> Receipt:
        """Register a system with its first intake.

        Raises `Refused`: `invalid-answer`, `invalid-field`, and `already-exists` for an external key that is known.
        """
        content = self._checking.told(told)
        by.guard(Place(business_unit=told.business_unit, product_area=told.product_area))
        if told.discovery_id is not None:
            await self._discoveries.named(told.discovery_id, by)
        ids = Ids(self._systems.installation, by.key)
        system_id = ids("system") if told.external_key is None else self.system_of(told.external_key)
        intake_id = ids(SUBMISSION)
        description = await self._checking.sealed(intake_id, told.requester, content, told)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [self._registration(told, system_id, intake_id, description, now, by.person)]

        try:
            return await self._systems.do(system_id, plan, by, outcome("registered"), story=intake_id)
        except Refused as refused:
            if refused.code != "already-exists":
                raise
            raise await self._taken(system_id, by) from refused

    async def _taken(self, system_id: str, by: By) -> Refused:
        """The key is a system's already: which one is told to those alone who have a say in it."""
        taken = "a system is registered under that key"
        try:
            by.guard(place_of(registered((await self._systems.read(system_id)).state)))
        except Refused:
            return Refused("already-exists", taken)
        return Refused("already-exists", f"{taken}: {system_id}")

    def system_of(self, external_key: str) -> str:
        """The id of the system that goes by that key elsewhere: one key is one system, whoever tells of it."""
        return str(uuid5(UUID(self._systems.installation), f"system|{external_key}"))

    async def amend(self, intake_id: str, edits: Edits, by: By, source: Source, version: int) -> Receipt:
        """Change the description of an intake that was read at `version`. Raises `version-conflict` if it moved on."""
        seen = await self._of_intake(intake_id, by)
        by.guard(place_after(seen, edits))
        content = await self._checking.edited(seen, edits)
        changed = differing(await self._checking.words(seen), content.texts)
        event_id = Ids(self._systems.installation, by.key)(AMENDMENT)
        description = _edited(await self._checking.sealed(event_id, by.person, content, seen.system, seen), edits)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [
                Amend(
                    now=now,
                    intake_id=intake_id,
                    description=description,
                    texts_changed=changed,
                    source=source,
                    by=by.person,
                    stated=tuple(edits.answers or ()),
                )
            ]

        done = outcome("amended", "unchanged")
        return await self._systems.do(seen.system_id, plan, by, done, story=intake_id, if_version=version)

    async def declare_change(self, system_id: str, summary: str, edits: Edits, by: By, source: Source) -> Receipt:
        """A material change: the next round of triage, with the difference explained in the fact."""
        for _ in range(ATTEMPTS):
            seen = await self._systems.read(system_id)
            by.guard(place_of(seen.system))
            by.guard(place_after(seen, edits))
            content = await self._checking.edited(seen, edits)
            try:
                return await self._changed(seen, content, summary, edits, by, source)
            except Refused as refused:
                if refused.code != "version-conflict":
                    raise
        raise Refused("too-contended", f"system {system_id} was changed by others {ATTEMPTS} times meanwhile")

    async def withdraw(self, intake_id: str, reason: str, by: By, source: Source) -> Receipt:
        """Take an intake back."""
        seen = await self._of_intake(intake_id, by)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [Withdraw(now=now, intake_id=intake_id, reason=reason, source=source)]

        return await self._systems.do(seen.system_id, plan, by, outcome("withdrawn", "unchanged"), story=intake_id)

    async def _of_intake(self, intake_id: str, by: By) -> Seen:
        seen = await self._systems.of_intake(intake_id)
        by.guard(place_of(registered(seen.state)))
        return seen

    async def _changed(
        self, seen: Seen, content: Content, summary: str, edits: Edits, by: By, source: Source
    ) -> Receipt:
        changed = differing(await self._checking.words(seen), content.texts)
        intake_id = Ids(self._systems.installation, by.key)(SUBMISSION)
        description = _edited(await self._checking.sealed(intake_id, by.person, content, seen.system, seen), edits)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [
                DeclareChange(
                    now=now,
                    intake_id=intake_id,
                    description=description,
                    texts_changed=changed,
                    summary=summary,
                    by=by.person,
                    source=source,
                )
            ]

        return await self._systems.do(
            seen.system_id, plan, by, outcome("changed"), story=intake_id, if_version=seen.past.version
        )

    def _registration(
        self, told: Told, system_id: str, intake_id: str, description: Description, now: datetime, by: str
    ) -> Register:
        return Register(
            now=now,
            by=by,
            system_id=system_id,
            intake_id=intake_id,
            description=description,
            requester=told.requester,
            region=self._checking.default_region,
            source=told.source,
            external_key=told.external_key,
            discovery_id=told.discovery_id,
            imported=told.imported,
            triage_from=told.triage_from,
            held=told.held,
            launched=told.launched,
            retired=told.retired,
        )


def place_after(seen: Seen, edits: Edits | Told) -> Place:
    """Where the system lies after the edits: nobody moves one to where they have no say."""
    place = place_of(registered(seen.state))
    return replace(
        place,
        business_unit=edits.business_unit or place.business_unit,
        product_area=edits.product_area or place.product_area,
    )


def _edited(description: Description, edits: Edits) -> Description:
    return replace(
        description,
        name=edits.name or description.name,
        owner=edits.owner or description.owner,
        region=edits.region or description.region,
        business_unit=edits.business_unit or description.business_unit,
        product_area=edits.product_area or description.product_area,
        team=edits.team or description.team,
    )
