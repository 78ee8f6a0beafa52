"""From rows to systems, whatever the order of the rows.

Rows with one key are one system only if no mapped answer and no stated purpose differs between them. Which of such
rows stands for the system, and under which external key each system goes, depends on what the rows say alone.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from services.intake.mappings import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One system: the row that stands for it, the rows merged into it, and the keys under which it may be known."""

    row: Row
    merged: tuple[Row, ...]
    external_key: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All systems, and the lines of rows that share a key without being merged: people should look at those."""

    systems: tuple[Planned, ...]
    possible_duplicates: tuple[tuple[int, ...], ...]


def plan(rows: Iterable[Row], mapping: str) -> Plan:
    """The systems that these rows are."""
    by_key: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    systems: list[Planned] = []
    doubtful: list[tuple[int, ...]] = []
    for key, group in by_key.items():
        found = _systems_of(mapping, key, _alike(group))
        systems += found
        if len(found) > 1:
            doubtful.append(tuple(sorted(one.row.line for one in found)))
    return Plan(
        systems=tuple(sorted(systems, key=lambda one: one.row.line)), possible_duplicates=tuple(sorted(doubtful))
    )


def _alike(group: Sequence[Row]) -> list[list[Row]]:
    """The rows of one key, those together that agree in every mapped answer and in the stated purpose."""
    clusters: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for row in group:
        clusters[row.purpose_digest, _digest(dict(row.answers))].append(row)
    return [sorted(rows, key=_as_it_stood) for _, rows in sorted(clusters.items(), key=_sort_key)]


def _as_it_stood(row: Row) -> list[tuple[str, str]]:
    """An order of rows by all that they say, also in columns that the mapping passes over and nobody could decode."""
    return sorted(row.raw.items())


def _sort_key(cluster: tuple[tuple[str | None, str], list[Row]]) -> tuple[str, str]:
    (purpose, answers), _ = cluster
    return purpose or "", answers


def _systems_of(mapping: str, key: tuple[str, ...], clusters: Sequence[Sequence[Row]]) -> list[Planned]:
    bare = f"{mapping}/{_digest(list(key))}"
    purposes = [cluster[0].purpose_digest for cluster in clusters]
    systems = []
    for first, *others in clusters:
        with_purpose = f"{bare}/{(first.purpose_digest or 'none')[:16]}"
        names: tuple[str, ...]
        if len(clusters) == 1:
            names = (bare, with_purpose)
        elif purposes.count(first.purpose_digest) == 1:
            names = (with_purpose, bare)
        else:  # one purpose, other answers: only the answers tell them apart, and no alias could
            names = (f"{with_purpose}/{_digest(dict(first.answers))}",)
        systems.append(Planned(row=first, merged=tuple(others), external_key=names[0], aliases=names[1:]))
    return systems


def _digest(content: Mapping[str, Any] | Sequence[str]) -> str:
    return hashlib.sha256(rfc8785.dumps(_plain(content))).hexdigest()[:16]


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {name: _plain(value) for name, value in content.items()}
    return list(content) if isinstance(content, tuple | list) else content
