"""A dispute: security insists on a mitigation that delays the launch, product would rather accept the risk."""

from typing import Final

from services.example.acts import Answer, SignOff, Telling
from services.example.evidence import gathered
from services.example.rulings import RULING, Sitting, Verdict, kept, ruled, sat, sign_off
from services.example.telling import Teller
from services.example.triage import triaged
from services.example.ways import launched
from services.example.words import ACCEPTS, DISPUTE_OPTIONS, FRAMING, INSISTS, MITIGATION

SECURITY: Final = "security"
STANDOFF: Final = (16.0, 18.0)
"""Business days of argument: the clocks run out, and each step of the escalation is told."""


def dispute(t: Teller) -> Telling[None]:
    """The clocks escalate it to the executive, the board decides with a dissent, and the launch waits."""
    confirmed = yield from triaged(t)
    yield from gathered(t, confirmed)
    others = [one for one in confirmed.disciplines if one != SECURITY]
    yield from ruled(t, others, RULING[confirmed.tier], {})
    yield from _argued(t)
    demands = Verdict(word="approve_with_conditions", reason=INSISTS, promises=(MITIGATION,))
    yield from t.do(sign_off(t, SECURITY, demands))
    decided = yield from sat(t, Sitting(against=1, rationale=FRAMING, options=DISPUTE_OPTIONS))
    yield from kept(t, decided, (12, 18))
    yield from launched(t)


def _argued(t: Teller) -> Telling[None]:
    t.wait(0.1, 0.5)
    yield from t.do(sign_off(t, SECURITY, Verdict(word="request_changes", reason=INSISTS)))
    t.wait(2, 4)
    yield from t.do(Answer(by=t.system.owner, text=ACCEPTS))
    t.wait(0.2, 1)
    # The owner would put an end to it; nobody rules on their own request, and the attempt is on record.
    yield from t.do(SignOff(by=t.system.owner, discipline=SECURITY, verdict="approve", reason=ACCEPTS))
    t.wait(*STANDOFF)
