"""The triage queue's use cases: people confirm or ask, the clock notices."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.commands import BeginTriage, Command, ConfirmTier, NoticeClock, RequestAnswers
from services.intake.domain.noticing import in_triage, next_instant
from services.intake.domain.state import State
from services.intake.domain.state import round_of as present_round
from services.intake.handlers.joining import IDENTITIES, fold_identities
from services.intake.handlers.systems import Beside, By, Systems, place_of
from services.intake.handlers.telling import outcome, registered
from shared.policy.form import Form
from shared.policy.identities import Identities
from shared.refusals import Refused
from shared.store.port import Past, Receipt


class Triaging:
    """Rulings on proposed tiers."""

    def __init__(self, systems: Systems, form: Form) -> None:
        self._systems, self._form = systems, form

    async def begin(self, intake_id: str, business_days: int, by: By) -> Receipt:
        """Start the clock of an intake that waits without one, that many business days of its region from now."""
        seen = await self._systems.of_intake(intake_id)
        by.guard(place_of(registered(seen.state)))

        def plan(state: State, now: datetime) -> Sequence[Command]:
            at = self._systems.rules.days_later(registered(state).profile.region, now, business_days)
            return [BeginTriage(now=now, intake_id=intake_id, at=at)]

        return await self._systems.do(seen.system_id, plan, by, outcome("begun", "unchanged"), story=intake_id)

    async def confirm(self, intake_id: str, tier: str | None, revision: int | None, reason: str, by: By) -> Receipt:
        """Confirm a tier; the proposed one where `tier` is None.

        Raises `Refused`: `segregation-of-duties` (the attempt is on record), `forbidden`, `stale-decision`,
        `wrong-state`.
        """
        seen = await self._systems.of_intake(intake_id)
        by.guard(place_of(registered(seen.state)))

        hand = by.context.authid if by.context.onbehalfof is not None else None
        identities = Identities()

        def meet(past: Past) -> None:
            nonlocal identities
            identities = fold_identities(past)

        def plan(state: State, now: datetime) -> Sequence[Command]:
            proposed = present_round(registered(state)).proposal.assessment.tier
            return [
                ConfirmTier(
                    now=now,
                    intake_id=intake_id,
                    tier=tier or proposed,
                    by=by.person,
                    reason=reason,
                    revision=revision,
                    hand=hand,
                    administrator=by.administrator,
                    aliases=identities.everybody({by.person} | ({hand} if hand is not None else set())),
                )
            ]

        beside = Beside(IDENTITIES, meet)
        receipt = await self._systems.do(seen.system_id, plan, by, outcome("confirmed"), story=intake_id, beside=beside)
        if refused := receipt.answer.get("refused"):
            raise Refused("segregation-of-duties", str(refused))
        return receipt

    async def request_answers(self, intake_id: str, attributes: Sequence[str], reason: str, by: By) -> Receipt:
        """Send an intake back for answers. Raises `invalid-field` for attributes that the form does not have."""
        seen = await self._systems.of_intake(intake_id)
        by.guard(place_of(registered(seen.state)))
        if strange := [name for name in attributes if name not in self._form.by_id]:
            wrong = {"detail": "not an attribute of the form", "pointer": "#/attributes"}
            raise Refused("invalid-field", f"the form does not ask for {', '.join(strange)}", [wrong])

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [
                RequestAnswers(now=now, intake_id=intake_id, attributes=tuple(attributes), by=by.person, reason=reason)
            ]

        return await self._systems.do(seen.system_id, plan, by, outcome("asked"), story=intake_id)

    async def notice(self, intake_id: str, by: By) -> Receipt:
        """The clock of an intake's round looks what has fallen due."""
        seen = await self._systems.of_intake(intake_id)

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [NoticeClock(now=now, intake_id=intake_id)]

        return await self._systems.do(seen.system_id, plan, by, outcome("noticed", "unchanged"), story=intake_id)

    async def next_instant(self, intake_id: str) -> tuple[bool, datetime | None]:
        """Whether the round's clock is settled, and if not, when it has something to say next."""
        seen = await self._systems.of_intake(intake_id)
        return not in_triage(seen.state, intake_id), next_instant(seen.state, intake_id)
