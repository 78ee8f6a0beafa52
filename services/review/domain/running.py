"""Which clocks run when: for what is outstanding they go, while the submitter has the ball they stand still."""

from collections.abc import Iterable, Sequence
from functools import reduce

from services.review.domain import clocks
from services.review.domain.case import Case
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import ANSWER, BOARD, REVIEW, SIGNOFF, SUBMITTER, Calendars
from services.review.domain.evolve import known
from shared.events.review import ReviewFact


def after(case: Case, facts: Iterable[ReviewFact]) -> Case:
    """The case once these facts are known."""
    return reduce(known, facts, case)


def set_going(case: Case, at: Circumstances) -> Sequence[ReviewFact]:
    """Start, or let go on, the clocks of everything outstanding; the review clock runs for whoever has the ball."""
    facts: list[ReviewFact] = []
    for discipline in case.outstanding(at.rules.digest):
        name = f"{SIGNOFF}:{discipline}"
        facts += _go(case, name, SIGNOFF, f"reviewer:{discipline}", at)
    facts += _go(case, REVIEW, REVIEW, case.holder(at.rules.digest), at)
    return facts


def pass_on(case: Case, at: Circumstances) -> Sequence[ReviewFact]:
    """The ball of the running review clock goes to whoever is next, if that is another than before."""
    review = case.clocks[REVIEW]
    if review.holder == case.holder(at.rules.digest):
        return []
    to_board = case.holder(at.rules.digest) == BOARD
    reason = "every required discipline has ruled" if to_board else "a discipline has to rule again"
    return clocks.pass_ball(case.review_id, review, case.holder(at.rules.digest), reason, at.now, calendars(case, at))


def stand_still(case: Case, reason: str, at: Circumstances) -> Sequence[ReviewFact]:
    """All that runs for others pauses, and the submitter's answer clock starts."""
    facts: list[ReviewFact] = []
    for clock in case.clocks.values():
        if clock.phase == "running":
            facts += clocks.pause(case.review_id, clock, reason, SUBMITTER, at.now, calendars(case, at))
    return [*facts, _start(case, ANSWER, ANSWER, SUBMITTER, at)]


def end(case: Case, at: Circumstances, *names: str) -> Sequence[ReviewFact]:
    """Stop the named clocks that have not ended, or without names all of them."""
    facts: list[ReviewFact] = []
    for clock in case.clocks.values():
        if clock.phase != "stopped" and (not names or clock.name in names):
            facts += clocks.stop(case.review_id, clock, at.now, calendars(case, at))
    return facts


def begin(case: Case, kind: str, holder: str, at: Circumstances) -> ReviewFact:
    """A clock that is alone of its kind begins."""
    return _start(case, kind, kind, holder, at)


def calendars(case: Case, at: Circumstances) -> Calendars:
    """The calendars of the review's region."""
    return at.rules.calendars(case.opened.region)


def _go(case: Case, name: str, kind: str, holder: str, at: Circumstances) -> Sequence[ReviewFact]:
    clock = case.clocks.get(name)
    if clock is None or clock.phase == "stopped":
        return [_start(case, name, kind, holder, at)]
    if clock.phase == "paused":
        return [clocks.resume(case.review_id, clock, holder, at.now, calendars(case, at))]
    return pass_on(case, at) if name == REVIEW else []


def _start(case: Case, name: str, kind: str, holder: str, at: Circumstances) -> ReviewFact:
    region = case.opened.region
    return clocks.start(case.review_id, name, case.terms(kind), holder, region, at.now, calendars(case, at))
