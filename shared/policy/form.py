"""The form of an intake: which attributes there are, what may be answered, and which answers triage needs."""

from functools import cached_property
from typing import Any

from shared.events.fact import Answer
from shared.policy.answers import normalised
from shared.policy.attribute import Attribute
from shared.policy.condition import UNKNOWN, Answers, Data, When, holds, is_unknown

_FORMATS: dict[str, dict[str, str]] = {"plain": {}, "date": {"format": "date"}, "uri": {"format": "uri"}}


class Form(Data, frozen=True, kw_only=True, dict=True):
    """The attributes in their order, by group. `version` is kept with every intake."""

    version: str
    groups: dict[str, str]
    attributes: tuple[Attribute, ...]

    @cached_property
    def by_id(self) -> dict[str, Attribute]:
        """The attributes by their ids."""
        return {attribute.id: attribute for attribute in self.attributes}

    def check(self, answers: object, at: str = "#/answers") -> dict[str, Answer]:
        """The answers in their one normal form: known choices, no `unknown` alone, no empty text, multi in form order.

        `answers` is what JSON gave: choices as text, several as a list. `at` is the JSON pointer of the whole.
        Raises `Refused("invalid-answer")` naming every field that is wrong.
        """
        return normalised(self.by_id, answers, at)

    def divide(self, answers: Answers) -> tuple[dict[str, Answer], dict[str, str]]:
        """Checked answers apart: those that are choices, and those that are text."""
        choices = {name: answer for name, answer in answers.items() if self.by_id[name].kind != "text"}
        texts = {name: str(answer) for name, answer in answers.items() if name not in choices}
        return choices, texts

    def amended(self, before: Answers, changes: object, at: str = "#/answers") -> dict[str, Answer]:
        """The answers after a change: what is named replaces what was said, and `unknown` takes it back.

        Raises `Refused("invalid-answer")` as `check` does.
        """
        changed = self.check(changes, at)
        named = set(changes) if isinstance(changes, dict) else set()
        kept = {name: answer for name, answer in before.items() if name not in named}
        merged = kept | changed
        return {attribute.id: merged[attribute.id] for attribute in self.attributes if attribute.id in merged}

    def personal(self, attribute: str) -> bool:
        """Whether the attribute is free text about people, to be sealed before it is stored (DESIGN 12)."""
        return self.by_id[attribute].personal is True

    def unknowns(self, answers: Answers) -> tuple[str, ...]:
        """The needed attributes of which something is not known, in form order."""
        return tuple([name for name in self._needed if is_unknown(answers, name)])

    def critical_unknowns(self, answers: Answers) -> tuple[str, ...]:
        """Those unknown attributes on which the risk hangs: critical always, or in view of the other answers."""
        return tuple([name for name, when in self._critical if is_unknown(answers, name) and holds(when, answers)])

    @cached_property
    def _needed(self) -> tuple[str, ...]:
        return tuple(attribute.id for attribute in self.attributes if attribute.needed)

    @cached_property
    def _critical(self) -> tuple[tuple[str, When], ...]:
        hanging = (a for a in self.attributes if a.critical or a.critical_when)
        return tuple((a.id, () if a.critical else a.critical_when) for a in hanging)

    def json_schema(self) -> dict[str, Any]:
        """The form as JSON Schema 2020-12 of the object `answers`, with `x-` keywords for what drawing it takes."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Answers of an intake",
            "description": "What is absent is unknown. Unknown is never taken for the mild answer.",
            "type": "object",
            "additionalProperties": False,
            "properties": {attribute.id: _schema_of(attribute) for attribute in self.attributes},
            "x-version": self.version,
            "x-groups": self.groups,
        }


def _schema_of(attribute: Attribute) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": attribute.label, "x-group": attribute.group}
    if attribute.help:
        schema["description"] = attribute.help
    if attribute.kind == "text":
        return schema | {
            "type": "string",
            "maxLength": attribute.max_length,
            "x-personal": attribute.personal is True,
            **_FORMATS[attribute.format],
        }
    schema |= {
        "x-needed": attribute.needed,
        "x-critical": attribute.critical or bool(attribute.critical_when),
        "x-labels": attribute.choices | {UNKNOWN: "Not known"},
    }
    values = {"type": "string", "enum": [*attribute.choices, UNKNOWN]}
    if attribute.kind == "choice":
        return schema | values
    return schema | {"type": "array", "items": values, "uniqueItems": True, "x-alone": list(attribute.alone)}
