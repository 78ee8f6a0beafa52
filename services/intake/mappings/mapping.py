"""Reading a portfolio by a mapping: a file of a published format in, rows of answers out."""

from collections.abc import Iterator
from collections.abc import Mapping as Cells
from pathlib import Path
from typing import Final

import msgspec

from services.intake.mappings.agreement import labelled
from services.intake.mappings.cells import cells_of
from services.intake.mappings.format import Format, Labels
from services.intake.mappings.row import Row, Unusable, row_of
from services.intake.mappings.spelling import plain
from shared.policy.documents import UnreadableDocument, read_document

_SHIPPED: Final = Path(__file__).parent


class UnusableMapping(ValueError):
    """A mapping that can't be read, contradicts itself, or does not fit the file."""


class Mapping:
    """A mapping ready to read files with. It keeps nothing between reads: the same file gives the same rows."""

    def __init__(self, form: Format) -> None:
        self.format = form

    @property
    def name(self) -> str:
        """What the mapping is called."""
        return self.format.name

    def read(self, path: Path) -> Iterator[Row | Unusable]:
        """The rows of a CSV file in their order; one that can't be used comes as `Unusable`, with its line and why.

        Raises `UnusableMapping` when the file lacks a column that the mapping names, `UnreadablePortfolio` at the row
        from which on it can't be read, `OSError` when it can't be read at all.
        """
        rows = cells_of(path, self.format.encoding)
        _, found = next(rows, (1, []))
        header = self._header(found, path)
        for line, cells in rows:
            if cells:
                yield self._row(line, header, cells)

    def label(self, column: str) -> Labels:
        """The source's own label in that column. Raises `UnusableMapping` for one that the mapping does not know."""
        for label in self.format.labels:
            if plain(label.column) == plain(column):
                return label
        labels = "; ".join(label.column for label in self.format.labels) or "none"
        raise UnusableMapping(f"mapping {self.name} knows no label {column!r}; its labels are: {labels}")

    def label_of(self, raw: Cells[str, str], column: str) -> bool | None:
        """What the source's own label in that column says of a row: yes, no, or nothing.

        Raises `UnusableMapping` for a column whose spellings the mapping does not know.
        """
        label = self.label(column)
        return labelled(label.table, raw[label.column])

    def _header(self, found: list[str], path: Path) -> list[str]:
        """The columns of the file, by the mapping's own spelling; of columns with one name the first has it."""
        ours = {plain(column): column for column in self.format.columns()}
        names: list[str] = []
        for number, column in enumerate(found):
            name = ours.get(plain(column), column)
            names.append(name if name not in names else f"{name} [{number + 1}]")
        if missing := [column for column in ours.values() if column not in names]:
            raise UnusableMapping(f"{path.name} is not of the format {self.name}: it lacks {'; '.join(missing)}")
        return names

    def _row(self, line: int, header: list[str], cells: list[str]) -> Row | Unusable:
        if len(cells) != len(header):
            return Unusable(line=line, reason=f"it has {len(cells)} cells where the header has {len(header)}")
        return row_of(self.format, line, dict(zip(header, cells, strict=True)))


def load_mapping(name_or_path: str | Path) -> Mapping:
    """The shipped mapping of that name, or the one in that YAML file.

    Raises `UnusableMapping` when there is none, it is not of the shape of `Format`, or it contradicts itself.
    """
    path = _SHIPPED / f"{name_or_path}.yaml"
    if Path(name_or_path).name != str(name_or_path) or not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        shipped = ", ".join(sorted(one.stem for one in _SHIPPED.glob("*.yaml")))
        raise UnusableMapping(f"there is no mapping {str(name_or_path)!r}; shipped are: {shipped}")
    try:
        form = msgspec.convert(read_document(path), Format, strict=False)
    except (UnreadableDocument, msgspec.ValidationError) as error:
        raise UnusableMapping(f"{path.name}: {error}") from error
    if wrong := form.contradictions():
        raise UnusableMapping(f"{path.name}: {'; '.join(wrong)}")
    return Mapping(form)
