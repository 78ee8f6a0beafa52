"""Acts on reviews, as review's use cases carry them out for somebody who came through the door."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from services.example.acts import (
    Answer,
    Assign,
    Attach,
    CloseVote,
    HandIn,
    Meet,
    OfReview,
    Promise,
    Recuse,
    SignOff,
    Vote,
)
from services.example.company import Company, acting
from services.example.papers import content
from services.review.adapters.evidence_store import EvidenceStore
from services.review.api.asking import Door
from services.review.domain import commands
from services.review.domain.circumstances import Actor
from services.review.handlers.recusing import Recusing
from services.review.handlers.reviews import Seen
from services.review.queries.lists import Queries
from shared.events.review import ProposedCondition
from shared.runtime.principals import Principal
from shared.store.port import Key, Receipt

_LINK: Final = "https://evidence.example.org/{}"
_MEDIA_TYPE: Final = "text/markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnReview:
    """The use cases of review, and who uses them."""

    door: Door
    recusing: Recusing
    queries: Queries
    evidence: EvidenceStore
    company: Company

    async def perform(self, act: OfReview, review_id: str, key: Key) -> Receipt:
        """Carry out an act. Raises what the use case refuses."""
        who = self.company.principal(act.by)
        seen = await self.door.seen(review_id, who)
        context = acting(who, self.door.reviews.store.installation, key)
        if isinstance(act, Recuse):
            actor = await self.door.actor(who, seen)
            return await self.recusing.recuse(seen, actor, act.capacity, act.reason, context, key)
        return await self.door.reviews.do(seen, await self._command(act, who, seen), context, key)

    async def _command(
        self,
        act: Attach | HandIn | Answer | Assign | SignOff | Vote | CloseVote | Meet,
        who: Principal,
        seen: Seen,
    ) -> commands.Command:
        match act:
            case Attach() | HandIn() | Answer():
                return await self._of_the_submitter(act, await self.door.actor(who, seen), seen)
            case Vote():
                actor = await self.door.actor(
                    who, seen, None if act.behalf is None else self.company.person(act.behalf)
                )
                return self._of_the_board(act, actor, seen)
            case CloseVote():
                return self._of_the_board(act, await self.door.actor(who, seen), seen)
            case Assign() | SignOff() | Meet():
                return self._of_a_discipline(act, await self.door.actor(who, seen), seen)
            case _:
                assert_never(act)

    async def _of_the_submitter(self, act: Attach | HandIn | Answer, actor: Actor, seen: Seen) -> commands.Command:
        match act:
            case Attach():
                return await self._attached(act, actor)
            case HandIn():
                digests = {one.artefact_id: one.digest for one in seen.case.evidence.values()}
                elsewhere = await self.queries.elsewhere(seen.case.opened.system_id, digests)
                return commands.Submit(actor=actor, elsewhere=elsewhere)
            case Answer():
                return commands.Answer(actor=actor, text=act.text)
            case _:
                assert_never(act)

    async def _attached(self, act: Attach, actor: Actor) -> commands.Attach:
        body = content(act.paper)
        digest = hashlib.sha256(body).hexdigest()
        if act.paper.stored:
            await self.evidence.keep(_at_once(body), digest)
        return commands.Attach(
            actor=actor,
            artefact=act.paper.artefact,
            title=act.paper.title,
            digest=digest,
            size=len(body),
            media_type=_MEDIA_TYPE,
            link=None if act.paper.stored else _LINK.format(digest),
            owner=actor.person,
            valid_until=act.paper.valid_until,
            supersedes=act.supersedes,
            sections=dict.fromkeys(act.paper.sections, True),
        )

    def _of_a_discipline(self, act: Assign | SignOff | Meet, actor: Actor, seen: Seen) -> commands.Command:
        match act:
            case Assign():
                reviewer = self.company.person(act.reviewer)
                return commands.Assign(actor=actor, discipline=act.discipline, reviewer=reviewer)
            case Meet():
                return commands.MeetCondition(actor=actor, condition_id=act.condition_id)
            case SignOff():
                return commands.SignOff(
                    actor=actor,
                    discipline=act.discipline,
                    verdict=act.verdict,
                    reason=act.reason,
                    evidence_digest=seen.case.evidence_digest,
                    policy_digest=self.door.reviews.rules.digest,
                    conditions=self._proposed(act.promises),
                )
            case _:
                assert_never(act)

    def _of_the_board(self, act: Vote | CloseVote, actor: Actor, seen: Seen) -> commands.Command:
        evidence, policy = seen.case.evidence_digest, self.door.reviews.rules.digest
        match act:
            case Vote():
                return commands.Vote(
                    actor=actor,
                    choice=act.choice,
                    rationale=act.rationale,
                    evidence_digest=evidence,
                    policy_digest=policy,
                    confirms=act.confirms,
                )
            case CloseVote():
                return commands.CloseVote(
                    actor=actor,
                    rationale=act.rationale,
                    options=act.options,
                    evidence_digest=evidence,
                    policy_digest=policy,
                    conditions=self._proposed(act.promises),
                )
            case _:
                assert_never(act)

    def _proposed(self, promises: Sequence[Promise]) -> list[ProposedCondition]:
        return [
            ProposedCondition(text=one.text, owner=self.company.person(one.owner), due_on=one.due_on)
            for one in promises
        ]


async def _at_once(body: bytes) -> AsyncIterator[bytes]:
    yield body
