"""The shape of the bundle's files. The types are the schema; a file that does not fit says where and why."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.policy.authority import Authority
from shared.policy.clocks import ClockRules
from shared.policy.condition import Data
from shared.policy.disciplines import DisciplineRules
from shared.policy.documents import UnreadableDocument, read_document
from shared.policy.evidence import EvidenceRules
from shared.policy.form import Form
from shared.policy.kpis import Kpis
from shared.policy.labels import LabelRules
from shared.policy.regions import Regions
from shared.policy.rules import TriageRules
from shared.policy.tiers import Tiers


class Title(Data, frozen=True, kw_only=True):
    """The bundle's own name, version and the date (YYYY-MM-DD) from which it applies."""

    version: str
    title: str
    effective_from: date


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a bundle, by its name without `.yaml`."""

    bundle: Title
    tiers: Tiers
    form: Form
    triage: TriageRules
    disciplines: DisciplineRules
    evidence: EvidenceRules
    clocks: ClockRules
    authority: Authority
    regions: Regions
    labels: LabelRules
    kpis: Kpis


SHAPES: Final[dict[str, type]] = {field.name: field.type for field in msgspec.structs.fields(Documents)}


class InvalidBundle(ValueError):
    """A bundle that can't be used; `errors` says everything that is wrong, each with its file and place."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("the policy bundle is not valid:\n" + "\n".join(f"- {error}" for error in errors))
        self.errors = tuple(errors)


def read_documents(folder: Path) -> tuple[Documents, dict[str, Any]]:
    """The bundle in this folder, as types and as plain parsed content.

    Raises `InvalidBundle` with one error for each file that is missing, unreadable, unknown or of another shape.
    """
    errors = [
        f"{path.name}: no such file belongs to a bundle"
        for path in sorted(folder.glob("*.yaml"))
        if path.stem not in SHAPES
    ]
    content: dict[str, Any] = {}
    shaped: dict[str, Any] = {}
    for name, shape in SHAPES.items():
        try:
            content[name] = read_document(folder / f"{name}.yaml")
            shaped[name] = msgspec.convert(content[name], shape)
        except UnreadableDocument as error:
            errors.append(str(error))
        except msgspec.ValidationError as error:
            errors.append(f"{name}.yaml: {error}")
    if errors:
        raise InvalidBundle(errors)
    return Documents(**shaped), content
