"""What a fate means: each is a story that begins with an intake and ends when there is nothing more to tell."""

from collections.abc import Callable, Mapping
from typing import Final

from services.example.acts import Answer, Confirm, DeclareChange, Merge, Retire, Submit, Telling, Withdraw
from services.example.disputes import dispute
from services.example.evidence import Gaps, gathered, revised
from services.example.rulings import (
    AGAIN,
    PLAIN,
    RULING,
    Days,
    Ruling,
    Sitting,
    Verdict,
    in_turn,
    kept,
    ruled,
    sat,
    sign_off,
)
from services.example.telling import Teller, told
from services.example.triage import TARDY, confirmed, triaged
from services.example.ways import launched, reviewed
from services.example.words import CONDITIONS, GO_WITH_GAPS, NO_GO, NOT_APPLICABLE, QUESTIONS
from shared.events.review import DecisionRecorded

SLOW: Final[Mapping[str, Days]] = {"low": (4, 6), "medium": (9, 12), "high": (15, 18)}
"""Business days of a discipline that is far too late."""
SEASON: Final[Days] = (55, 90)
"""Business days until what is live changes, or is not needed any more."""
HALF_A_YEAR: Final[Days] = (110, 120)


def swift(t: Teller) -> Telling[None]:
    """Reviewed without a hitch, and launched."""
    found = yield from triaged(t)
    yield from reviewed(t, found)
    yield from launched(t)


def thorough(t: Teller) -> Telling[None]:
    """Approved with conditions, by two disciplines and the board, and launched once they are met."""
    found = yield from triaged(t)
    verdicts = {name: Verdict(word="not_applicable", reason=NOT_APPLICABLE) for name in t.system.not_applicable}
    ruling_ones = [name for name in found.disciplines if name not in verdicts]
    for name in (ruling_ones[-1], t.whims.one_of(ruling_ones[:-1] or ruling_ones)):
        verdicts[name] = _on_condition(name)
    sitting = Sitting(promises=(CONDITIONS["sre"],), confirms=t.system.not_applicable)
    decided = yield from reviewed(t, found, ruling=Ruling(verdicts=verdicts, sitting=sitting))
    yield from kept(t, decided, (2, 6))
    yield from launched(t)


def late(t: Teller) -> Telling[None]:
    """Triage and one discipline far too late: reminders, breaches and escalations, then the decision."""
    found = yield from triaged(t, TARDY)
    slow = t.whims.one_of(found.disciplines)
    yield from reviewed(t, found, ruling=Ruling(verdicts={slow: Verdict(days=SLOW[found.tier])}))
    yield from launched(t)


def sent_back(t: Teller) -> Telling[None]:
    """A discipline asks for changes: all clocks stand still until the answer, then everybody rules on the revision."""
    found = yield from triaged(t)
    attached = yield from gathered(t, found)
    asker = t.whims.one_of(found.disciplines)
    for at, discipline in in_turn(t, found.disciplines, RULING[found.tier], {}):
        t.at = at
        if discipline == asker:
            break
        yield from t.do(sign_off(t, discipline, PLAIN))
    question = t.whims.one_of(QUESTIONS)
    yield from t.do(sign_off(t, asker, Verdict(word="request_changes", reason=question)))
    t.wait(1.5, 7)
    answer = Answer(by=t.system.by, text="The paper now says so, and the figures are in it.")
    yield from t.do(revised(t, found, attached, "1.0"), answer)
    decided = yield from ruled(t, found.disciplines, AGAIN, {})
    if not told(decided, DecisionRecorded):
        yield from sat(t, Sitting())
    yield from launched(t)


def changed(t: Teller) -> Telling[None]:
    """Launched, and months later changed in a way that may alter its risk: a new round, review and launch."""
    yield from swift(t)
    change = t.system.change
    assert change is not None
    t.wait(*SEASON)
    t.answers |= change.own
    facts = yield from t.do(DeclareChange(by=t.system.by, summary=change.summary, answers=change.own))
    found = yield from confirmed(t, facts)
    yield from reviewed(t, found, version="2.0")
    yield from launched(t, "2.0")


def retired(t: Teller) -> Telling[None]:
    """Launched, used for some months, and taken out of use."""
    yield from swift(t)
    t.wait(*SEASON)
    yield from t.do(Retire(by=t.system.owner, reason="Too few people used it to justify its upkeep."))


def withdrawn(t: Teller) -> Telling[None]:
    """Taken back while the evidence is being gathered."""
    yield from triaged(t)
    t.wait(1, 4)
    yield from t.do(Withdraw(by=t.system.by, reason="The team will build something simpler instead."))


def merged(t: Teller) -> Telling[None]:
    """A duplicate: it lives on as another system."""
    yield from triaged(t)
    t.wait(0.5, 2)
    assert t.system.into is not None
    yield from t.do(Merge(by="tomas", into=t.system.into, reason="The same product, asked for by two teams."))


def rejected(t: Teller) -> Telling[None]:
    """One discipline rejects it, and so does the board."""
    found = yield from triaged(t)
    verdicts = {"compliance": Verdict(word="reject", reason=NO_GO)}
    yield from reviewed(t, found, ruling=Ruling(verdicts=verdicts, sitting=Sitting(against=3, rationale=NO_GO)))


def prohibited(t: Teller) -> Telling[None]:
    """Whoever asked for it tries to confirm its tier, in vain; another confirms it, and no review opens."""
    facts = yield from t.do(Submit(by=t.system.by, system=t.system, answers=t.answers))
    t.wait(0.1, 0.3)
    yield from t.do(Confirm(by=t.system.by, reason="A pilot does no harm."))
    yield from confirmed(t, facts)


def unreviewed(t: Teller) -> Telling[None]:
    """Live before any approval, which is recorded and escalated; reviewed afterwards, and much later launched anew."""
    found = yield from triaged(t)
    yield from launched(t)
    yield from reviewed(t, found, version="1.1")
    t.wait(*HALF_A_YEAR)
    yield from launched(t, "1.1")


def waiting(t: Teller) -> Telling[None]:
    """Only just asked for: when the play ends, it still waits for a ruling on its tier."""
    yield from t.do(Submit(by=t.system.by, system=t.system, answers=t.answers))


def gaps(t: Teller) -> Telling[None]:
    """A system card and an evaluation with gaps, papers missing or out of date: go, on condition that all is closed."""
    found = yield from triaged(t)
    holes = Gaps(
        missing=("rollback-proof",),
        empty={"system-card": ("limitations", "out-of-scope-uses"), "evaluation-robustness": ("results",)},
        expired=("model-card",),
    )
    verdicts = {name: _on_condition(name) for name in ("ml-evaluation", "product")}
    sitting = Sitting(rationale=GO_WITH_GAPS, promises=("Prove the rollback and complete the system card.",))
    decided = yield from reviewed(t, found, ruling=Ruling(verdicts=verdicts, sitting=sitting), gaps=holes)
    yield from kept(t, decided, (2, 6))
    yield from launched(t)


def _on_condition(discipline: str) -> Verdict:
    reason = "Good work; one thing is to be done."
    return Verdict(word="approve_with_conditions", reason=reason, promises=(CONDITIONS[discipline],))


FATES: Final[Mapping[str, Callable[[Teller], Telling[None]]]] = {
    "swift": swift,
    "thorough": thorough,
    "late": late,
    "sent-back": sent_back,
    "changed": changed,
    "retired": retired,
    "withdrawn": withdrawn,
    "merged": merged,
    "rejected": rejected,
    "prohibited": prohibited,
    "unreviewed": unreviewed,
    "waiting": waiting,
    "gaps": gaps,
    "dispute": dispute,
}
"""Every fate by the word that `portfolio.yaml` uses."""
