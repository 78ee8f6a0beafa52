"""The first chapter of every story: an intake is submitted, and its tier confirmed."""

from typing import Final

from services.example.acts import Amend, Confirm, Facts, RequestAnswers, Submit, Telling
from services.example.roster import TRIAGERS
from services.example.telling import Teller
from shared.events.intake import TierConfirmed

PROMPT: Final = (0.05, 0.7)
TARDY: Final = (1.2, 2.4)
"""Business days until somebody confirms: the clock gives one."""

_REASONS: Final = (
    "The proposal fits what the team described.",
    "Discussed in the weekly triage; nothing speaks against the proposal.",
    "Every rule that fired is right for this system.",
)


def triaged(t: Teller, pace: tuple[float, float] = PROMPT) -> Telling[TierConfirmed]:
    """The intake is submitted, without the answers that are left out at first, and confirmed."""
    asked = {name: answer for name, answer in t.answers.items() if name not in t.system.left_out}
    facts = yield from t.do(Submit(by=t.system.by, system=t.system, answers=asked))
    if t.system.left_out:
        facts = yield from _completed(t)
    return (yield from confirmed(t, facts, pace))


def confirmed(t: Teller, facts: Facts, pace: tuple[float, float] = PROMPT) -> Telling[TierConfirmed]:
    """The tier is confirmed: by the policy itself, which these facts then tell, or by a person."""
    if (found := _confirmation(facts)) is not None:
        return found
    t.wait(*pace)
    triager = t.whims.one_of([one for one in TRIAGERS if one != t.system.by])
    facts = yield from t.do(Confirm(by=triager, reason=t.whims.one_of(_REASONS)))
    found = _confirmation(facts)
    assert found is not None
    return found


def _completed(t: Teller) -> Telling[Facts]:
    t.wait(0.1, 0.6)
    missing = t.system.left_out
    yield from t.do(
        RequestAnswers(by=TRIAGERS[0], attributes=missing, reason="These answers decide the tier; please add them.")
    )
    t.wait(3, 8)
    return (yield from t.do(Amend(by=t.system.by, answers={name: t.answers[name] for name in missing})))


def _confirmation(facts: Facts) -> TierConfirmed | None:
    return next((fact for fact in facts if isinstance(fact, TierConfirmed)), None)
