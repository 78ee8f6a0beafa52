"""Training records of one person: completions as a learning system reports them, each counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.events.fact import PersonId
from shared.events.intake import TrainingCompleted
from shared.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCompletion:
    """A course was completed. `training_id` is ours, `completed_at` the learning system's."""

    now: datetime
    training_id: str
    person: PersonId
    course: str
    course_version: str
    completed_at: datetime
    source: str
    score: float | None = None


def decide_training(known: Iterable[TrainingCompleted], command: ReportCompletion) -> Sequence[TrainingCompleted]:
    """A completion already on record changes nothing. Raises `invalid-time` for one in the future."""
    if command.completed_at > command.now:
        raise Refused("invalid-time", "a course can't be completed in the future")
    told = (command.course, command.course_version, command.completed_at)
    if any((one.course, one.course_version, one.completed_at) == told for one in known):
        return []
    return [
        TrainingCompleted(
            training_id=command.training_id,
            person=command.person,
            course=command.course,
            course_version=command.course_version,
            completed_at=command.completed_at,
            source=command.source,
            score=command.score,
        )
    ]
