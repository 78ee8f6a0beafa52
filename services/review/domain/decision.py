"""The end of a review: the conditions that are imposed, the clocks that stop, and the decision with all it rests on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from services.review.domain import running
from services.review.domain.case import Case
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import ANSWER, GATHERING, REVIEW
from shared.events.fact import PersonId
from shared.events.review import ConditionImposed, DecisionRecorded, ProposedCondition, ReviewFact
from shared.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """How the board voted, in the words of `DecisionRecorded`; empty where the disciplines decided."""

    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0
    dissent: tuple[PersonId, ...] = ()
    quorum: int = 0
    board: tuple[str, ...] = ()
    confirmed_not_applicable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided, before the review's own figures are added to it."""

    outcome: str
    authority: str
    rationale: str
    options: tuple[str, ...]
    accountable_owner: PersonId
    recorded_by: PersonId | None
    proposed: Sequence[tuple[str, ProposedCondition]] = ()
    ballot: Ballot = field(default_factory=Ballot)


def conditions_of_disciplines(case: Case, at: Circumstances) -> list[tuple[str, ProposedCondition]]:
    """The conditions under which disciplines approved, each with who set it."""
    return [
        (f"discipline:{discipline}", condition)
        for discipline, verdict in case.standing(at.rules.digest).items()
        for condition in verdict.conditions
    ]


def record(case: Case, ruling: Ruling, at: Circumstances) -> Sequence[ReviewFact]:
    """The facts that end the review by this ruling."""
    imposed = [
        ConditionImposed(
            review_id=case.review_id,
            condition_id=at.ids(f"condition/{number}"),
            text=condition.text,
            owner=condition.owner,
            due_on=condition.due_on,
            imposed_by=by,
        )
        for number, (by, condition) in enumerate(ruling.proposed)
    ]
    stopped = running.end(case, at)
    return [*imposed, *stopped, _decision(running.after(case, stopped), ruling, imposed, at)]


def _decision(case: Case, ruling: Ruling, imposed: Sequence[ConditionImposed], at: Circumstances) -> DecisionRecorded:
    opened, clock = case.opened, case.clocks[REVIEW]
    return DecisionRecorded(
        review_id=case.review_id,
        system_id=opened.system_id,
        round=opened.round,
        tier=opened.tier,
        high_risk=opened.high_risk,
        outcome=ruling.outcome,
        authority=ruling.authority,
        accountable_owner=ruling.accountable_owner,
        rationale=ruling.rationale,
        options=ruling.options,
        evidence_digest=case.evidence_digest,
        policy_digest=at.rules.digest,
        submitted_at=opened.submitted_at,
        decided_at=at.now,
        within=clock.within is True,
        submitter_seconds=submitter_seconds(case),
        recorded_by=ruling.recorded_by,
        conditions=tuple(one.condition_id for one in imposed),
        net_minutes=clock.spent,
        expires_at=_expiry(opened.tier, at) if ruling.outcome != "rejected" else None,
        product_area=opened.product_area,
        business_unit=opened.business_unit,
        **asdict(ruling.ballot),
    )


def submitter_seconds(case: Case) -> int:
    """How long the submitter had the ball, in seconds of elapsed time: KPI 4 counts calendar days."""
    runs = [*case.earlier_clocks, *case.clocks.values()]
    spans = [span for run in runs if run.name in (GATHERING, ANSWER) for span in run.spans]
    held = sum((span.until - span.since for span in spans if span.until is not None), timedelta())
    return int(held.total_seconds())


def unruled(tier: str) -> Refused:
    """The refusal of a decision on a tier that the policy in force does not have, or has no rule for, any more."""
    return Refused("wrong-state", f"the policy in force no longer rules on tier {tier!r}: a change has to be declared")


def _expiry(tier: str, at: Circumstances) -> datetime | None:
    try:
        months = at.rules.recertification_months(tier)
    except LookupError as error:
        raise unruled(tier) from error
    return None if months is None else _months_later(at.now, months)


def _months_later(instant: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    first_of_next = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=instant.tzinfo)
    last = (first_of_next - timedelta(days=1)).day
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
