"""The chapter in which a team gathers its evidence and hands it in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from services.example.acts import Attach, Facts, HandIn, Telling
from services.example.papers import paper
from services.example.telling import Teller
from shared.events.intake import RequiredEvidence, TierConfirmed
from shared.events.review import EvidenceAttached

GATHERING: Final[Mapping[str, tuple[float, float]]] = {"low": (0.3, 1.3), "medium": (1.5, 5), "high": (3, 8)}
"""Business days from a confirmed tier to the evidence; the clock gives ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What is wrong with the evidence: artefacts that are missing, sections that are empty, papers out of date."""

    missing: Collection[str] = ()
    empty: Mapping[str, Collection[str]] = field(default_factory=dict)
    expired: Collection[str] = ()


SOUND: Final = Gaps()


def gathered(t: Teller, confirmed: TierConfirmed, version: str = "1.0", gaps: Gaps = SOUND) -> Telling[Facts]:
    """The papers are written, one half first, and handed in with the rest; returns the artefacts on the table."""
    papers = [
        _attach(t, wanted, version, gaps)
        for wanted in confirmed.evidence
        if wanted.required and wanted.artefact not in gaps.missing
    ]
    low, high = GATHERING[confirmed.tier]
    t.wait(low / 2, high / 2)
    first = yield from t.do(*papers[: len(papers) // 2])
    t.wait(low / 2, high / 2)
    rest = yield from t.do(*papers[len(papers) // 2 :], HandIn(by=t.system.by))
    return [fact for fact in (*first, *rest) if isinstance(fact, EvidenceAttached)]


def revised(t: Teller, confirmed: TierConfirmed, attached: Facts, version: str) -> Attach:
    """One of the papers on the table, written anew."""
    old = t.whims.one_of([fact for fact in attached if isinstance(fact, EvidenceAttached)])
    wanted = next(one for one in confirmed.evidence if one.artefact == old.artefact)
    return Attach(by=t.system.by, paper=paper(wanted, t.system, f"{version}, revised"), supersedes=old.artefact_id)


def _attach(t: Teller, wanted: RequiredEvidence, version: str, gaps: Gaps) -> Attach:
    expired = (t.at - timedelta(days=30)).date() if wanted.artefact in gaps.expired else None
    written = paper(wanted, t.system, version, without=gaps.empty.get(wanted.artefact, ()), valid_until=expired)
    return Attach(by=t.system.by, paper=written)
