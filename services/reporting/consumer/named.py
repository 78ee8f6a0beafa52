"""Which people a fact names: the fields that its type declares as `PersonId`, and those under whose key text is sealed.

A clock's holder and a notice's addressee are people too, unless they are a role, or a group of those who review.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, get_args, get_type_hints

import msgspec

from shared.events.fact import Fact, PersonId

_PERSON: Final = get_args(PersonId)[1]
_PERSON_OR_GROUP: Final = ("addressee", "holder")
_GROUPS: Final = frozenset({"submitter", "reviewers", "board"})
_GROUP_KINDS: Final = ("role:", "reviewer:")


def people_in(fact: Fact) -> set[str]:
    """The opaque ids of all people the fact names, in whatever depth."""
    found = set(_of_struct(type(fact))(fact))
    for name in _person_or_group(type(fact)):
        one = getattr(fact, name)
        if one and one not in _GROUPS and not one.startswith(_GROUP_KINDS):
            found.add(one)
    return found


Find = Callable[[Any], Iterable[str]]


@cache
def _person_or_group(kind: type[msgspec.Struct]) -> Sequence[str]:
    return [name for name in _PERSON_OR_GROUP if name in kind.__struct_fields__]


@cache
def _of_struct(kind: type[msgspec.Struct]) -> Find:
    hints = get_type_hints(kind, include_extras=True)
    finders = [(name, find) for name in kind.__struct_fields__ if (find := _of_hint(hints[name])) is not None]

    def search(value: Any) -> Iterable[str]:
        for name, find in finders:
            inner = getattr(value, name)
            if inner is not None:
                yield from find(inner)

    return search


def _of_hint(hint: Any) -> Find | None:
    if _PERSON in getattr(hint, "__metadata__", ()):
        return lambda value: (value,)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        search = _of_struct(hint)
        return lambda value: search(value) if isinstance(value, hint) else ()
    inner = [find for one in get_args(hint) if (find := _of_hint(one)) is not None]
    return _of_any(inner) if inner else None


def _of_any(finders: list[Find]) -> Find:
    def search(value: Any) -> Iterable[str]:
        if isinstance(value, tuple | list):
            parts: Iterable[Any] = value
        elif isinstance(value, dict):
            parts = value.values()
        else:
            parts = (value,)
        for part in parts:
            for find in finders:
                yield from find(part)

    return search
