"""The one checker: a history against what is found afterwards, in a store, a topic or a derived table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from tests.faults.history import Operation

SHOWN = 5  # examples of each kind in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thing found, in the order of its place: the operation it came from ("" for what no client asked for, which
    only counts for order and gaps), its stream's name, its version there, its position (None where there is none)."""

    operation: str
    stream: str
    version: int
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong, by operation (`skipped`: by stream and version, or position); all empty is right."""

    lost: Sequence[str] = ()
    duplicated: Sequence[str] = ()
    reordered: Sequence[str] = ()
    skipped: Sequence[str] = ()
    phantom: Sequence[str] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return {each.name: len(getattr(self, each.name)) for each in fields(self)}

    @property
    def clean(self) -> bool:
        return not any(self.counts.values())

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(**{each.name: [*getattr(self, each.name), *getattr(other, each.name)] for each in fields(self)})

    def __str__(self) -> str:
        kinds = ((each.name, getattr(self, each.name)) for each in fields(self))
        return (
            "; ".join(f"{len(found)} {name}: {', '.join(found[:SHOWN])}" for name, found in kinds if found) or "clean"
        )


def check(operations: Iterable[Operation], held: Sequence[Held], *, at_least_once: bool = False) -> Findings:
    """What was acknowledged is there, once, in order, nothing left out, and nothing that nobody asked for.

    `at_least_once` is for a topic: a record may come again, its first coming counts, and a repeat is right where it is
    the same thing at the same place in its stream.
    """
    asked = {operation.id: operation for operation in operations}
    first: dict[tuple[str, str, int], Held] = {}
    for each in held:
        first.setdefault((each.operation, each.stream, each.version), each)
    distinct = list(first.values())
    counted = distinct if at_least_once else held
    times = Counter((each.stream, each.version) for each in counted)
    there = {each.operation for each in held} - {""}
    return Findings(
        lost=sorted(one.id for one in asked.values() if one.ending == "ok" and one.id not in there),
        duplicated=sorted(f"{stream}/{version}" for (stream, version), count in times.items() if count > 1),
        reordered=list(_reordered(distinct)),
        skipped=[*_gaps_in_streams(distinct), *_gaps_in_positions(distinct)],
        phantom=_phantoms(asked, there),
    )


def check_effects(operations: Iterable[Operation], effects: Iterable[str]) -> Findings:
    """For a place that keeps only effects, without streams: each acknowledged operation once, unknown ones at most
    once, no other."""
    asked = {operation.id: operation for operation in operations}
    times = Counter(effects)
    return Findings(
        lost=sorted(one.id for one in asked.values() if one.ending == "ok" and not times[one.id]),
        duplicated=sorted(operation for operation, count in times.items() if count > 1),
        phantom=_phantoms(asked, times),
    )


def _phantoms(asked: Mapping[str, Operation], there: Iterable[str]) -> list[str]:
    return sorted(name for name in there if name not in asked or asked[name].ending == "fail")


def _reordered(held: Sequence[Held]) -> Iterator[str]:
    newest: dict[str, int] = {}
    last = -1
    for each in held:
        if each.version < newest.get(each.stream, -1):
            yield f"{each.stream}/{each.version} after {newest[each.stream]}"
        newest[each.stream] = max(each.version, newest.get(each.stream, -1))
        if each.position is not None:
            if each.position < last:
                yield f"position {each.position} after {last}"
            last = max(last, each.position)


def _gaps_in_streams(held: Sequence[Held]) -> Iterator[str]:
    versions: dict[str, set[int]] = {}
    for each in held:
        versions.setdefault(each.stream, set()).add(each.version)
    for stream, found in versions.items():
        yield from (f"{stream}/{missing}" for missing in sorted(set(range(max(found) + 1)) - found))


def _gaps_in_positions(held: Sequence[Held]) -> Iterator[str]:
    found = {each.position for each in held if each.position is not None}
    if found:
        yield from (f"position {missing}" for missing in sorted(set(range(max(found) + 1)) - found))
