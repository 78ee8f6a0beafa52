"""The stage: every act goes to the use case that a person at the door would reach, under a key of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

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
from shared.runtime.issuer import LOCAL_ISSUER
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

    async def perform(self, step: Step, name: str, *, past: bool) -> Performed:
        """Perform the acts of a step one after the other; `name` tells it from every other step of the play.

        Raises `WentOn` for an act of the `past`, before something that was recorded already, that did not happen then.
        """
        events: list[Stored] = []
        anew = False
        for number, act in enumerate(step.acts):
            store = self._intake if isinstance(act, OfIntake) else self._review
            key = self._key(f"{name}/{number}")
            receipt = await store.replay(key)
            if receipt is None:
                if past:
                    raise WentOn(f"{name} was due at {step.at.isoformat()}")
                anew = True
                receipt = await self._now(store, act, step.system, key)
            if receipt.position is not None:
                led_to = await store.after(receipt.position - 1, receipt.count)
                self.known.learn(step.system, led_to)
                events += led_to
        return Performed(events, anew)

    async def _now(self, store: EventStore, act: Act, system: str | None, key: Key) -> Receipt:
        try:
            if isinstance(act, OfIntake):
                await self._on_intake.perform(act, system, key)
            elif isinstance(act, Appoint | EndAppointment | Delegate):
                await self._on_offices.perform(act, key)
            else:
                await self._on_review.perform(act, self.known.review(system), key)
        except Refused:
            # An attempt at what one may not do is a fact with its key kept; any other refusal is a mistake in a story.
            if await store.replay(key) is None:
                raise
        receipt = await store.replay(key)
        assert receipt is not None
        return receipt

    def _key(self, name: str) -> Key:
        return Key(scope=self._scope, value=name, digest=hashlib.sha256(name.encode()).digest())
