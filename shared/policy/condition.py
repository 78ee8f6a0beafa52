"""Answers, and conditions over them: the one small language in which the policy speaks of an intake.

An answer that is absent is unknown. A condition sees it as the value `unknown`, so a rule that wants to catch what
was not said names it: `any_of: [yes, unknown]`. `none_of` holds only for something that was said.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from shared.events.fact import Answer

UNKNOWN: Final = "unknown"
Answers = Mapping[str, Answer]
_NOTHING: Final = (UNKNOWN,)


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of the policy as it stands in YAML."""


class Clause(Data, frozen=True, kw_only=True):
    """One condition: on an attribute (`any_of` or `none_of` its choices), or `either` of several conditions."""

    attribute: str = ""
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    either: "tuple[Clause, ...]" = ()

    def __post_init__(self) -> None:
        on_attribute = bool(self.attribute) and bool(self.any_of) != bool(self.none_of)
        if on_attribute == bool(self.either) or (self.either and (self.attribute or self.any_of or self.none_of)):
            raise ValueError("a condition is an attribute with any_of or none_of, or else it is either")


When = tuple[Clause, ...]


def given(answers: Answers, attribute: str) -> tuple[str, ...]:
    """What was answered, as values; `("unknown",)` where nothing was."""
    answer = answers.get(attribute)
    if isinstance(answer, str):
        return (answer,)
    return tuple(answer) if answer else _NOTHING


def is_unknown(answers: Answers, attribute: str) -> bool:
    """Whether something is not known about the attribute: not answered, or answered with a remainder `unknown`."""
    return UNKNOWN in given(answers, attribute)


def holds(when: When, answers: Answers) -> bool:
    """Whether every clause is true of these answers."""
    for clause in when:  # noqa: SIM110 - plain loops, here and below: every intake asks some eighty conditions
        if not _true(clause, answers):
            return False
    return True


def attributes_of(when: When) -> tuple[str, ...]:
    """The attributes that a condition looks at, in the order of its text, each once."""
    return tuple(dict.fromkeys(clause.attribute for clause in leaves(when)))


def leaves(when: When) -> Iterable[Clause]:
    """The clauses on attributes, those inside `either` too."""
    for clause in when:
        if clause.either:
            yield from leaves(clause.either)
        else:
            yield clause


def _true(clause: Clause, answers: Answers) -> bool:
    for inner in clause.either:
        if _true(inner, answers):
            return True
    wanted, barred = clause.any_of, clause.none_of
    if not (answer := answers.get(clause.attribute)):
        return UNKNOWN in wanted  # most conditions of most intakes; one of several others is on no attribute
    for value in (answer,) if isinstance(answer, str) else answer:
        if value in wanted if wanted else value != UNKNOWN and value not in barred:
            return True
    return False
