"""What a command on a review answers, and what a repeat of its key is answered again."""

from collections.abc import Sequence
from typing import Any

from shared.events.review import (
    ApprovalRefused,
    CompletenessScored,
    ConditionImposed,
    DecisionRecorded,
    EvidenceAttached,
)
from shared.refusals import Refused
from shared.store.handling import At, Decided
from shared.store.port import Receipt


def answer_of(review_id: str, decided: Sequence[Decided]) -> dict[str, Any]:
    """The answer kept with the command's key."""
    answer: dict[str, Any] = {"id": review_id}
    for one in decided:
        match one.fact if isinstance(one, At) else one:
            case ApprovalRefused(reason=reason):
                answer["refused"] = reason
            case EvidenceAttached(artefact_id=artefact_id, digest=digest):
                answer |= {"artefact_id": artefact_id, "digest": digest}
            case CompletenessScored(complete=complete, required=required):
                answer["completeness"] = {"complete": complete, "required": required}
            case ConditionImposed(condition_id=condition_id):
                answer.setdefault("conditions", []).append(condition_id)
            case DecisionRecorded(outcome=outcome):
                answer["outcome"] = outcome
            case _:
                pass
    return answer


def raise_if_refused(receipt: Receipt) -> None:
    """Raise `Refused("segregation-of-duties")` where the command recorded an attempt instead of a ruling."""
    if (reason := receipt.answer.get("refused")) is not None:
        raise Refused("segregation-of-duties", str(reason))
