"""Acts on offices, as review's use cases carry them out for somebody who came through the door."""

from dataclasses import dataclass
from typing import assert_never

from services.example.acts import Appoint, Delegate, EndAppointment, OfOffices
from services.example.company import Company, acting
from services.review.api.asking import APPOINTERS
from services.review.domain import appointing
from services.review.handlers.offices import Offices
from shared.store.port import Key, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOffices:
    """The use cases of offices, and who uses them."""

    offices: Offices
    company: Company

    async def perform(self, act: OfOffices, key: Key) -> Receipt:
        """Carry out an act. Raises what the use case refuses."""
        context = acting(self.company.principal(act.by), self.offices.store.installation, key)
        return await self.offices.do(self._command(act), context, key)

    def _command(self, act: OfOffices) -> appointing.AuthorityCommand:
        who = self.company.principal(act.by)
        match act:
            case Appoint():
                return appointing.Appoint(
                    by=who.person,
                    may_appoint=who.may(*APPOINTERS),
                    person=self.company.person(act.person),
                    role=act.office,
                    scope="all",
                    valid_from=None,
                    valid_until=None,
                )
            case EndAppointment():
                return appointing.EndAppointment(
                    by=who.person,
                    may_appoint=who.may(*APPOINTERS),
                    appointment_id=act.appointment_id,
                    reason=act.reason,
                )
            case Delegate():
                return appointing.Delegate(
                    by=who.person,
                    appointment_id=act.appointment_id,
                    receiver=self.company.person(act.receiver),
                    valid_from=None,
                    valid_until=act.until,
                )
            case _:
                assert_never(act)
