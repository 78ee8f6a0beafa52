"""The stage: every act goes to the use case that a person at the door would reach, under a key of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.example.acts import Act, Appoint, Delegate, EndAppointment, OfIntake, Step
from services.example.company import Company
from services.example.known import Known
from services.example.on_intake import OnIntake
from services.example.on_offices import OnOffices
from services.example.on_review import OnReview
from services.intake.handlers.use_cases import use_cases
from services.process import Process
from services.review.adapters.directory import Directory
from services.review.adapters.evidence_store import EvidenceStore
from services.review.api.asking import Door
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.offices import Offices
from services.review.handlers.recusing import Recusing
from services.review.handlers.reviews import Reviews
from services.review.queries.lists import Queries
from shared.refusals import Refused
from shared.runtime.minting import LOCAL_ISSUER
from shared.store.port import EventStore, Key, Receipt, Stored


@dataclass(frozen=True, slots=True)
class Performed:
    """What a step led to; `anew` says that at least one of its acts was not answered from its key."""

    events: Sequence[Stored]
    anew: bool


class WentOn(Exception):
    """The folder was used in real time before its play was over: what is left of the play would come too late."""


class Stage:
    """Performs steps. What was performed before is answered from its key, and appends nothing."""

    def __init__(self, process: Process, company: Company, seed: int) -> None:
        self._scope = f"example/{seed}"
        parts, services = process.parts, {service.name: service for service in process.services}
        self._intake, self._review = services["intake"].store, services["review"].store
        reviews = Reviews(store=self._review, rules=rules_of(parts.bundle))
        self.known = Known(Clockwork(reviews))
        self._on_intake = OnIntake(use_cases(self._intake, parts.bundle, parts.people), company, self.known)
        self._on_review = OnReview(
            door=Door(reviews, Directory(parts.people, LOCAL_ISSUER)),
            recusing=Recusing(reviews, parts.people),
            queries=Queries(services["review"].views),
            evidence=EvidenceStore(parts.settings.path("evidence_folder")),
            company=company,
        )
        offices = Offices(store=self._review, policy_version=parts.bundle.version)
        self._on_offices = OnOffices(offices=offices, company=company)

    async def perform(self, step: Step, name: str, floor: datetime) -> Performed:
        """Perform the acts of a step one after the other; `name` tells it from every other step of the play.

        What falls before `floor`, when something was recorded already, happened then; raises `WentOn` if it did not.
        """
        receipts, anew = list[Receipt](), False
        store = self._intake if isinstance(step.acts[0], OfIntake) else self._review
        for number, act in enumerate(step.acts):
            key = self._key(f"{name}/{number}")
            receipt = await store.replay(key) if step.at <= floor else None
            if receipt is None:
                if step.at < floor:
                    raise WentOn(f"{name} was due at {step.at.isoformat()}")
                anew = True
                receipt = await self._now(act, step.system, key, store)
            receipts.append(receipt)
        events = await _led_to(store, receipts)
        self.known.learn(step.system, events)
        return Performed(events, anew)

    async def _now(self, act: Act, system: str | None, key: Key, store: EventStore) -> Receipt:
        try:
            if isinstance(act, OfIntake):
                return await self._on_intake.perform(act, system, key)
            if isinstance(act, Appoint | EndAppointment | Delegate):
                return await self._on_offices.perform(act, key)
            return await self._on_review.perform(act, self.known.review(system), key)
        except Refused:
            # An attempt at what one may not do is a fact with its key kept; any other refusal is a mistake in a story.
            if (receipt := await store.replay(key)) is None:
                raise
            return receipt

    def _key(self, name: str) -> Key:
        return Key(scope=self._scope, value=name, digest=hashlib.sha256(name.encode()).digest())


async def _led_to(store: EventStore, receipts: Sequence[Receipt]) -> Sequence[Stored]:
    """The events of these receipts: they lie side by side, since nobody else appends while a step is performed."""
    placed = [receipt for receipt in receipts if receipt.position is not None]
    if not placed or placed[0].position is None:
        return ()
    return await store.after(placed[0].position - 1, sum(receipt.count for receipt in placed))
