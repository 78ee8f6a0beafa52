"""Training completions, as learning systems report them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from services.intake.domain.training import ReportCompletion, decide_training
from services.intake.handlers.systems import By
from shared.events.intake import TrainingCompleted
from shared.store.handling import At, Command, Decided, Ids, handle
from shared.store.port import EventStore, Past, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A completed course as it was reported; the person is an opaque id already."""

    person: str
    course: str
    course_version: str
    completed_at: datetime
    source: str
    score: float | None


class Training:
    """The streams `training/<person>`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def complete(self, told: Completion, by: By) -> Receipt:
        """Record a completion; one already on record changes nothing."""
        training_id = Ids(self._store.installation, by.key)("training")
        stream = f"training/{told.person}"

        def deciding(known: Sequence[TrainingCompleted], now: datetime) -> Sequence[Decided]:
            report = ReportCompletion(
                now=now,
                training_id=training_id,
                person=told.person,
                course=told.course,
                course_version=told.course_version,
                completed_at=told.completed_at,
                source=told.source,
                score=told.score,
            )
            return [At(fact, told.completed_at) for fact in decide_training(known, report)]

        return await handle(
            self._store,
            Command(
                stream=stream,
                partitionkey=stream,
                fold=_fold,
                decide=deciding,
                context=by.context,
                key=by.key,
                answer_of=lambda decided: {"id": training_id, "outcome": "recorded" if decided else "unchanged"},
            ),
        )


def _fold(past: Past) -> Sequence[TrainingCompleted]:
    return [cast(TrainingCompleted, stored.fact) for stored in past.events]
