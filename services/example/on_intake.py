"""Acts on systems and intakes, as intake's use cases carry them out for somebody who came through the door."""

from typing import assert_never

from services.example.acts import (
    Amend,
    Confirm,
    DeclareChange,
    Discover,
    Launch,
    Merge,
    OfIntake,
    RequestAnswers,
    Retire,
    Submit,
    Withdraw,
)
from services.example.company import Company, acting
from services.example.known import Known
from services.intake.api.asking import CURATORS, SUBMITTERS, Asker
from services.intake.domain.commands import Source
from services.intake.domain.discoveries import Discover as DiscoverSystem
from services.intake.handlers.requests import Edits, Told
from services.intake.handlers.systems import By
from services.intake.handlers.use_cases import UseCases
from shared.store.handling import Ids
from shared.store.port import Key, Receipt

_SOURCE = Source(origin="api")
_CONFIRMERS = ("triager", "programme_manager")


class OnIntake:
    """The use cases of intake, and who uses them."""

    def __init__(self, cases: UseCases, company: Company, known: Known) -> None:
        self._cases, self._company, self._known = cases, company, known

    async def perform(self, act: OfIntake, system: str | None, key: Key) -> Receipt:
        """Carry out an act. Raises what the use case refuses."""
        match act:
            case Submit():
                return await self._submit(act, key)
            case Discover():
                return await self._discover(act, key)
            case RequestAnswers() | Amend() | Confirm() | Withdraw():
                return await self._of_the_intake(act, self._known.intake(system), self._known.system(system), key)
            case DeclareChange() | Launch() | Retire() | Merge():
                return await self._of_the_system(act, self._known.system(system), key)
            case _:
                assert_never(act)

    async def _submit(self, act: Submit, key: Key) -> Receipt:
        about = act.system
        told = Told(
            name=about.name,
            owner=self._company.person(about.owner),
            requester=self._company.person(act.by),
            answers=act.answers,
            source=_SOURCE,
            region=about.region,
            business_unit=about.unit,
            product_area=about.area,
            discovery_id=None if about.found is None else self._known.discovery(about.found),
        )
        return await self._cases.describing.submit(told, self._by(act.by, key, *SUBMITTERS))

    async def _discover(self, act: Discover, key: Key) -> Receipt:
        found = DiscoverSystem(
            discovery_id=Ids(self._cases.systems.installation, key)("discovery"),
            name=act.discovery.name,
            found_by=act.discovery.found_by,
            found_in=act.discovery.found_in,
            business_unit=act.discovery.unit,
            product_area=act.discovery.area,
        )
        return await self._cases.discoveries.report(found, None, self._by(act.by, key, *SUBMITTERS))

    async def _of_the_intake(
        self, act: RequestAnswers | Amend | Confirm | Withdraw, intake_id: str, system_id: str, key: Key
    ) -> Receipt:
        by = self._by(act.by, key, *(SUBMITTERS if isinstance(act, Amend | Withdraw) else _CONFIRMERS))
        match act:
            case RequestAnswers():
                return await self._cases.triaging.request_answers(intake_id, act.attributes, act.reason, by)
            case Confirm():
                return await self._cases.triaging.confirm(intake_id, None, None, act.reason, by)
            case Amend():
                version = (await self._cases.systems.read(system_id)).past.version
                return await self._cases.describing.amend(intake_id, Edits(answers=act.answers), by, _SOURCE, version)
            case Withdraw():
                return await self._cases.describing.withdraw(intake_id, act.reason, by, _SOURCE)
            case _:
                assert_never(act)

    async def _of_the_system(self, act: DeclareChange | Launch | Retire | Merge, system_id: str, key: Key) -> Receipt:
        by = self._by(act.by, key, *(CURATORS if isinstance(act, Merge) else SUBMITTERS))
        match act:
            case DeclareChange():
                edits = Edits(answers=act.answers)
                return await self._cases.describing.declare_change(system_id, act.summary, edits, by, _SOURCE)
            case Launch():
                return await self._cases.living.launch(system_id, act.version, None, by)
            case Retire():
                return await self._cases.living.retire(system_id, act.reason, None, by)
            case Merge():
                return await self._cases.living.merge(system_id, self._known.system(act.into), act.reason, by)
            case _:
                assert_never(act)

    def _by(self, subject: str, key: Key, *roles: str) -> By:
        who = self._company.principal(subject)
        return Asker(who, acting(who, self._cases.systems.installation, key)).by(key, *roles)
