"""KPI 3, review SLA attainment, KPI 4, time to decision, and KPI 5, evidence completeness: how well reviews are run."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from services.reporting.domain.cases import Book, Case, Question
from services.reporting.domain.cut import Cut, Mark
from services.reporting.domain.histories import Decided, Opened, Ran, ReviewHistory, Sent

_DAY_SECONDS: Final = 86_400


def sla_attainment(book: Book, question: Question) -> Iterator[Case]:
    """Reviews decided inside their paused clock ÷ decided; the stricter number adds the open ones that are overdue.

    A review is overdue from its clock's `due_at` on, whether or not anybody has recorded the breach yet. Withdrawn
    reviews are neither decided nor open.
    """
    cut = question.cut
    for one, opened in _opened(book, cut):
        decided = one.decided
        if decided is not None and cut.sees(decided.at):
            if question.asks_about(decided.at):
                share = 1.0 if decided.within else 0.0
                yield _case(one, opened, decided.at, share, 1.0, (share, 1.0))
        elif one.withdrawn is None or not cut.sees(one.withdrawn):
            overdue = _overdue(one.runs, cut)
            if overdue is not None:
                yield _case(one, opened, overdue, 0.0, 0.0, (0.0, 1.0))


def time_to_decision(book: Book, question: Question) -> Iterator[Case]:
    """Calendar days from intake to decision; the second number leaves out the time that the submitter held the ball,
    in triage (asked for answers that were missing) as in the review."""
    for one, opened in _opened(book, question.cut):
        decided = one.decided
        if decided is not None and question.asks_about(decided.at):
            gross = (decided.decided_at - decided.submitted_at).total_seconds()
            sent = book.sent_in.get((opened.system_id, opened.round), ())
            net = gross - decided.submitter_seconds - _with_submitter(sent, decided)
            case = _case(one, opened, decided.at, gross / _DAY_SECONDS, 1.0, (net / _DAY_SECONDS, 1.0))
            yield replace(case, intake=tuple(each.at.position for each in sent))


def evidence_completeness(book: Book, question: Question) -> Iterator[Case]:
    """Required items that were complete when the evidence was first submitted ÷ required items."""
    for one, opened in _opened(book, question.cut):
        if one.scores and question.asks_about(one.scores[0].at):
            first = one.scores[0]
            share = (float(first.complete), float(first.required))
            yield _case(one, opened, first.at, *share, share)


def _opened(book: Book, cut: Cut) -> Iterator[tuple[ReviewHistory, Opened]]:
    for one in book.reviews:
        if one.opened is not None and cut.sees(one.opened.at):
            yield one, one.opened


def _with_submitter(sent: Sequence[Sent], decided: Decided) -> float:
    """The seconds between intake and decision for which a round of triage was with its submitter."""
    held, since = 0.0, None
    for each in sent:
        at = min(max(each.at.time, decided.submitted_at), decided.decided_at)
        if since is not None:
            held += (at - since).total_seconds()
        since = None if each.back else at
    return held if since is None else held + (decided.decided_at - since).total_seconds()


def _overdue(runs: Sequence[Ran], cut: Cut) -> Mark | None:
    """The fact that set the due instant which an open review has missed by the cut."""
    setting: Ran | None = None
    for run in runs:
        if not cut.sees(run.at):
            continue
        if setting is not None and setting.due_at is not None and run.at.time >= setting.due_at:
            return setting.at
        setting = run
    if setting is not None and setting.due_at is not None and setting.due_at <= cut.true_at:
        return setting.at
    return None


def _case(
    one: ReviewHistory,
    opened: Opened,
    last: Mark,
    numerator: float,
    denominator: float,
    beside: tuple[float, float],
) -> Case:
    facts = (opened.at.position, last.position)
    where = (opened.system_id, opened.tier, opened.product_area)
    return Case(one.review_id, *where, numerator, denominator, beside, (), facts)
