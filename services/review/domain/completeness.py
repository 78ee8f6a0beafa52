"""How complete the evidence is: what the tier requires against what lies on the table, each gap in words."""

from collections.abc import Sequence
from datetime import date

from services.review.domain.case import Case
from shared.events.intake import RequiredEvidence
from shared.events.review import CompletenessScored, EvidenceAttached, ScoredItem


def score(case: Case, today: date, elsewhere: frozenset[str]) -> CompletenessScored:
    """The score at this moment; `elsewhere` are artefacts whose very content is on file for another system."""
    items = tuple(_scored(case, required, today, elsewhere) for required in case.opened.evidence if required.required)
    return CompletenessScored(
        review_id=case.review_id,
        complete=sum(item.complete for item in items),
        required=len(items),
        items=items,
    )


def _scored(case: Case, required: RequiredEvidence, today: date, elsewhere: frozenset[str]) -> ScoredItem:
    found = [one for one in case.evidence.values() if one.artefact == required.artefact]
    # One sound artefact of its kind is enough; otherwise the best of them tells what is still to do.
    gaps = min(
        (_gaps(one, required.sections, today, elsewhere) for one in found), key=len, default=("it is not on the table",)
    )
    return ScoredItem(artefact=required.artefact, level=required.level, complete=not gaps, gaps=tuple(gaps))


def _gaps(artefact: EvidenceAttached, sections: Sequence[str], today: date, elsewhere: frozenset[str]) -> Sequence[str]:
    gaps = [f"the section “{name}” is not filled in" for name in sections if not artefact.sections.get(name, False)]
    if artefact.valid_until is not None and artefact.valid_until < today:
        gaps.append(f"it was valid until {artefact.valid_until.isoformat()}")
    if artefact.artefact_id in elsewhere:
        gaps.append("the very same text is on file for another system")
    return gaps
