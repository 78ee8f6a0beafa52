"""One choice, spelled in many ways: from a cell of a table to a choice of the form."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_QUOTES: Final = dict.fromkeys(map(ord, "‘’`´"), "'") | dict.fromkeys(map(ord, "“”„"), '"')
_ENDS: Final = " \t.,;:!?\"'[](){}*-"
_SAME: Final = 12  # characters that must agree before a shortened or lengthened spelling is taken for the same


def plain(text: str) -> str:
    """The spelling without what does not tell choices apart: case, white space, dashes, quotes, what stands around."""
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_QUOTES).casefold()
    return " ".join(folded.split()).strip(_ENDS)


def spellings(choices: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """A table from plain spelling to choice.

    Raises `ValueError` where two choices share one.
    """
    table: dict[str, str] = {}
    for choice, spelled in choices.items():
        for text in spelled:
            if table.setdefault(plain(text), choice) != choice:
                raise ValueError(f"{text!r} spells both {table[plain(text)]!r} and {choice!r}")
    return table


def choice_of(table: Mapping[str, str], text: str) -> str | None:
    """The choice that a cell spells, also cut short or with an explanation behind; None where none, or several, fit."""
    cell = plain(text)
    if cell in table:
        return table[cell]
    close = {choice for spelled, choice in table.items() if _shortened(cell, spelled) or _explained(cell, spelled)}
    return close.pop() if len(close) == 1 else None


def _shortened(cell: str, spelled: str) -> bool:
    return len(cell) >= _SAME and spelled.startswith(cell)


def _explained(cell: str, spelled: str) -> bool:
    rest = cell[len(spelled) :]
    return len(spelled) >= _SAME and cell.startswith(spelled) and not rest[0].isalnum()


def parts(text: str, separators: str) -> list[str]:
    """The single answers in a cell that holds several (also as a JSON list), in their order."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    pieces = text.split(separators[0]) if separators else [text]
    return [piece for piece in (piece.strip().strip("[]\"' ") for piece in pieces) if piece]
