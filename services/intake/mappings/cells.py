"""A CSV file as rows of cells, each with the line on which it begins."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_UNDECODED: Final = "surrogateescape"


class UnreadablePortfolio(ValueError):
    """A file that can't be read as text, or as CSV, from the line on that the message names."""


def cells_of(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of the file in their order, blank ones too, each with its first physical line, counted from 1.

    Bytes that are not of the encoding come as lone surrogates. Raises `UnreadablePortfolio` at the row from which on
    the file can't be read, `OSError` where it can't be read at all.
    """
    text, ended = io.StringIO(_text(path, encoding), newline=""), False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from text
        ended = True

    reader, line = csv.reader(lines()), 1
    try:
        for cells in reader:
            if ended:  # a row that is whole asks for no further line: this one swallowed all that follow it
                raise csv.Error("the file ends within a cell")
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadablePortfolio(
            f"{path.name} can't be read as CSV from line {line} on: {error}; is a quote opened there and never closed?"
        ) from error


def _text(path: Path, encoding: str) -> str:
    content = path.read_bytes()
    try:
        return content.decode(encoding, _UNDECODED)
    except UnicodeDecodeError as error:  # an encoding of wide characters, whose broken ones no surrogate can stand for
        before = content[: error.start].decode(encoding, "replace") + "?"
        line = len(io.StringIO(before, newline="").readlines())
        raise UnreadablePortfolio(f"{path.name} is not {encoding} from line {line} on: {error.reason}") from error
