"""One row of a portfolio, as answers."""

import hashlib
import unicodedata
from collections.abc import Iterable
from collections.abc import Mapping as Cells
from datetime import date
from typing import Final

import msgspec

from services.intake.mappings.dates import date_of
from services.intake.mappings.format import Format, Source
from services.intake.mappings.spelling import choice_of, parts, plain
from shared.events.fact import Answer
from shared.policy.condition import UNKNOWN

_LONGEST_NAME: Final = 500
_LONGEST_TEXT: Final = 8000


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """A spelling that the mapping does not know: the answer is unknown, and somebody should look."""

    attribute: str
    spelling: str


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A row that can't be registered. `line` counts the file's physical lines from 1."""

    line: int
    reason: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A usable row. `line` is the physical line on which it begins.

    `key` names the system in the source but need not be unique there; `purpose_digest` (SHA-256, hex; absent where no
    purpose is stated) helps to tell rows of one key apart. `answers` hold choices only, `texts` what people read.
    `stage` is the phase as answered; `live` and `retired` say what it means. `raw` is the row as it stood.
    """

    line: int
    key: tuple[str, ...]
    name: str
    owner: str
    purpose_digest: str | None
    answers: dict[str, Answer]
    texts: dict[str, str]
    stage: str | None
    live: bool
    retired: bool
    dates: dict[str, date]
    unseen: tuple[Unseen, ...]
    raw: dict[str, str]


def row_of(form: Format, line: int, raw: dict[str, str]) -> Row | Unusable:
    """The row that these cells (column to content) make under the mapping."""
    name = _line(raw[form.name_column])
    if reason := _unusable(form, raw, name):
        return Unusable(line=line, reason=reason)
    answers, unseen = _answers(form, raw)
    dates, undated = _dates(form, raw)
    stage = answers.get(form.stage.attribute)
    purpose = _line(raw[form.purpose])
    texts = {attribute: _text(raw[column]) for attribute, column in form.texts.items()}
    return Row(
        line=line,
        key=tuple(_line(raw[column]) for column in form.key),
        name=name,
        owner=_owner(form, raw),
        purpose_digest=hashlib.sha256(purpose.encode()).hexdigest() if purpose else None,
        answers=answers,
        texts={attribute: text for attribute, text in texts.items() if text},
        stage=stage if isinstance(stage, str) else None,
        live=stage in form.stage.live,
        retired=stage in form.stage.retired,
        dates=dates,
        unseen=(*unseen, *undated),
        raw=raw,
    )


def _owner(form: Format, raw: Cells[str, str]) -> str:
    return " / ".join(dict.fromkeys(filter(None, (_line(raw[column]) for column in form.owner))))


def _unusable(form: Format, raw: Cells[str, str], name: str) -> str | None:
    for column in form.columns():
        if any("\ud800" <= char <= "\udfff" for char in raw[column]):
            return f"column {column!r} holds bytes that are not {form.encoding}"
    if not name:
        return "it has no name"
    if len(name) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} characters"
    if not (owner := _owner(form, raw)):
        return "it names nobody accountable"
    if len(owner) > _LONGEST_NAME:
        return f"whom it names as accountable is longer than {_LONGEST_NAME} characters"
    return None


def _answers(form: Format, raw: Cells[str, str]) -> tuple[dict[str, Answer], list[Unseen]]:
    answers: dict[str, Answer] = {}
    unseen: list[Unseen] = []
    for attribute, source in form.attributes.items():
        cell = raw[source.column]
        said = [part for part in parts(cell, source.separators) if plain(part) not in form.says_nothing]
        found = [choice_of(source.table, part) for part in said]
        unseen += [_unseen(attribute, part) for part, choice in zip(said, found, strict=True) if choice is None]
        chosen = [choice for choice in source.choices if choice in found]
        if len(chosen) > 1 and set(chosen) & set(source.alone):
            unseen.append(_unseen(attribute, cell))
        elif answer := _answer(source, chosen, whole=None not in found):
            answers[attribute] = answer
    return answers, unseen


def _answer(source: Source, chosen: list[str], *, whole: bool) -> Answer | None:
    """One choice, or several where the source separates by commas; a part that nobody understood stays unknown."""
    if not chosen:
        return None
    if not source.several:
        return chosen[0]
    return tuple(chosen) if whole else (*tuple(one for one in chosen if one not in source.alone), UNKNOWN)


def _dates(form: Format, raw: Cells[str, str]) -> tuple[dict[str, date], Iterable[Unseen]]:
    dates: dict[str, date] = {}
    unseen: list[Unseen] = []
    if form.dates is None:
        return dates, unseen
    for name, column in form.dates.columns.items():
        cell = raw[column]
        if plain(cell) in form.says_nothing:
            continue
        rules = form.dates
        found = date_of(cell, rules.formats, rules.earliest, years_as_days=rules.years_as_days)
        if found is None:
            unseen.append(_unseen(f"date:{name}", cell))
        else:
            dates[name] = found
    return dates, unseen


def _unseen(attribute: str, cell: str) -> Unseen:
    return Unseen(attribute=attribute, spelling=_line(cell)[:200])


def _line(text: str) -> str:
    """Text on one line, in one form of Unicode, so that white space alone tells no two rows apart."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _text(text: str) -> str:
    """Text as people read it: its line breaks kept, what is no character dropped."""
    kept = "".join(char for char in unicodedata.normalize("NFC", text) if char == "\n" or char.isprintable())
    return kept.strip()[:_LONGEST_TEXT]
