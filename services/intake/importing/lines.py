"""From a planned system to the line that says it to `POST /intake/v1/intakes:batch`."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

from services.intake.importing.plan import Planned
from services.intake.mappings.format import Format


def line_of(planned: Planned, form: Format, run: str, today: date, *, held: bool) -> dict[str, Any]:
    """The line. Its key is made of the run, the system and what is said of it: in one run nothing is told twice."""
    row = planned.row
    said = {
        "name": row.name,
        "owner": {"issuer": f"urn:gatehouse:portfolio:{form.name}", "subject": row.owner, "name": row.owner},
        "answers": {**{name: _plain(answer) for name, answer in row.answers.items()}, **row.texts},
        "region": form.region,
        "business_unit": " ".join(row.raw[form.owner[0]].split())[:120] or None,
        "external_key": planned.external_key,
        "aliases": list(planned.aliases),
        "same_text": _purpose_attribute(form),
        "on_known": "amend",
        "imported": True,
        "triage": "held" if held else "now",
        "history": _history(planned, today),
    }
    digest = hashlib.sha256(rfc8785.dumps(said)).hexdigest()[:16]
    return said | {"key": f"import/{run}/{planned.external_key}/{digest}"}


def _purpose_attribute(form: Format) -> str | None:
    """The attribute of our form that holds the stated purpose, if the mapping keeps it as a text."""
    return next((attribute for attribute, column in form.texts.items() if column == form.purpose), None)


def _history(planned: Planned, today: date) -> dict[str, Any]:
    """What became of the system before; a date that is missing, or lies ahead, is not known."""
    row = planned.row
    if row.retired:
        return {"retired": {"at": _known(row.dates.get("retired"), today)}}
    return {"launched": {"at": _known(row.dates.get("launched"), today)}} if row.live else {}


def _known(day: date | None, today: date) -> str | None:
    if day is None or day > today:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()


def _plain(answer: str | tuple[str, ...]) -> str | list[str]:
    return answer if isinstance(answer, str) else list(answer)
