"""The evidence of the example: short papers, each about its own system, whole or with the gaps that are asked for."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from services.example.acts import Paper
from services.example.script import System
from shared.events.intake import RequiredEvidence

STORED: Final = frozenset({"system-card", "impact-assessment"})
"""What is uploaded; everything else lies in the teams' own repositories and is linked with its digest."""

_SAYS: Final[Mapping[str, str]] = {
    "owner": "The accountable owner is named in the intake and answers for this system.",
    "intended-use": "Used as described, by the people named, and for nothing else.",
    "out-of-scope-uses": "Not to be used for decisions on people that the intake does not name.",
    "limitations": "Weak on rare cases and on text in other languages; the figures are in the evaluation.",
    "oversight": "A named person can stop it at once and has done so in a rehearsal.",
    "minimisation": "Only the fields that the task needs are read; the others never leave their source.",
    "results": "All thresholds of the policy were met on the data described, by slice where the tier asks for it.",
    "abuse-cases": "Prompt injection, exfiltration and misuse by insiders were played through.",
    "residual-risk": "What is left is stated, with who bears it and until when.",
    "signals": "Error rate, complaints, drift of inputs and share of overruled results.",
    "contact": "The on-call engineer of the owning team, day and night.",
}


def paper(
    wanted: RequiredEvidence,
    system: System,
    version: str,
    *,
    without: Collection[str] = (),
    valid_until: date | None = None,
) -> Paper:
    """The paper that a requirement asks for, but for the sections that are left empty."""
    sections = {name: _text(name, system) for name in wanted.sections if name not in without}
    return Paper(
        artefact=wanted.artefact,
        title=f"{wanted.label or wanted.artefact} of {system.name} {version}",
        sections=sections,
        stored=wanted.artefact in STORED,
        valid_until=valid_until,
    )


def content(paper: Paper) -> bytes:
    """The paper as a file."""
    parts = [f"# {paper.title}", *(f"## {name}\n\n{text}" for name, text in paper.sections.items())]
    return "\n\n".join(parts).encode() + b"\n"


def _text(section: str, system: System) -> str:
    return f"{system.about} {_SAYS.get(section, f'Described for {system.name} as the template asks.')}"
