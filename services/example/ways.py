"""A review's way from the evidence to a decision, and the launch after it."""

from services.example.acts import Assign, Facts, Launch, Recuse, Telling
from services.example.evidence import SOUND, Gaps, gathered
from services.example.rulings import RULING, Ruling, ruled, sat
from services.example.telling import Teller, told
from services.example.words import RECUSED
from shared.events.intake import TierConfirmed
from shared.events.review import DecisionRecorded

PLAINLY = Ruling()


def reviewed(
    t: Teller, confirmed: TierConfirmed, version: str = "1.0", ruling: Ruling = PLAINLY, gaps: Gaps = SOUND
) -> Telling[Facts]:
    """The evidence is handed in and ruled on; returns what the decision led to."""
    yield from gathered(t, confirmed, version, gaps)
    if (discipline := t.system.recuses) is not None:
        yield from _stepped_back(t, discipline)
    decided = yield from ruled(t, confirmed.disciplines, RULING[confirmed.tier], ruling.verdicts)
    return decided if told(decided, DecisionRecorded) else (yield from sat(t, ruling.sitting))


def launched(t: Teller, version: str = "1.0") -> Telling[None]:
    """The version goes live, a few days after whatever came before."""
    t.wait(1, 6)
    yield from t.do(Launch(by=t.system.owner, version=version))


def _stepped_back(t: Teller, discipline: str) -> Telling[None]:
    """The discipline's lead steps back, and the programme manager puts the sign-off into another's hands."""
    t.wait(0.1, 0.4)
    yield from t.do(Recuse(by=t.roster.lead(discipline), capacity=discipline, reason=RECUSED))
    t.stead[discipline] = t.roster.second(discipline)
    t.wait(0.1, 0.4)
    yield from t.do(Assign(by="priya", discipline=discipline, reviewer=t.stead[discipline]))
