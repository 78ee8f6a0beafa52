"""From the fields of another system's record to an intake: a mapping is YAML, one per endpoint.

    name: summary                      # a path into the record: names joined by dots, numbers count list entries
    owner: customfield_10080           # absent: the endpoint's own accountable owner
    only: [{field: issuetype.name, any_of: [AI system]}]   # other records are none of our business
    attributes:
      sector: {field: customfield_10070, choices: {finance: [Banking, "10211"], health: [Clinics]}}
    texts: {summary: description}

Fields hold ids beside labels, and labels are translated and renamed: a spelling may name either. One that no choice
names is unknown, and reported; a field that is absent or empty is not answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec

from shared.events.fact import Answer
from shared.policy.condition import UNKNOWN
from shared.policy.documents import UnreadableDocument, parsed_document
from shared.policy.form import Form
from shared.refusals import Refused

_LABELS: Final = ("value", "display_value", "name", "displayName", "id", "key")
"""Where a structured value keeps what it is called, in Jira and in ServiceNow."""


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A piece of a mapping as it stands in YAML."""


class Only(_Data, frozen=True, kw_only=True):
    """A condition on records: one of these values in that field."""

    field: str
    any_of: tuple[str, ...]


class Choices(_Data, frozen=True, kw_only=True):
    """Where an attribute's answer stands, and how each choice is spelled there, by id or by label."""

    field: str
    choices: dict[str, tuple[str, ...]]

    @cached_property
    def table(self) -> dict[str, str]:
        """Plain spelling to choice."""
        return {plain(text): choice for choice, texts in self.choices.items() for text in texts}


class FieldMapping(_Data, frozen=True, kw_only=True):
    """The whole mapping of an endpoint."""

    name: str
    owner: str | None = None
    requester: str | None = None
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    only: tuple[Only, ...] = ()
    attributes: dict[str, Choices] = {}
    texts: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a record says of an intake; `owner` and `requester` are the raw values that name people."""

    name: str
    owner: Any
    requester: Any
    places: Mapping[str, str]
    answers: Mapping[str, Answer | list[str]]
    unseen: tuple[str, ...]


def read_mapping(text: str, form: Form) -> FieldMapping:
    """The mapping in this YAML. Raises `Refused("invalid-field")` for one that is not of the shape or fits no form."""
    try:
        mapping = msgspec.convert(parsed_document(text, "YAML"), FieldMapping)
    except (UnreadableDocument, msgspec.ValidationError) as error:
        raise _wrong(" ".join(str(error).split())) from error
    if misfits := list(_misfits(mapping, form)):
        raise _wrong("; ".join(misfits))
    return mapping


def concerns(mapping: FieldMapping, record: Mapping[str, Any]) -> bool:
    """Whether a record is of the kind that the mapping is for."""
    return all(
        {plain(value) for value in spellings(record, one.field)} & {plain(value) for value in one.any_of}
        for one in mapping.only
    )


def mapped(mapping: FieldMapping, form: Form, record: Mapping[str, Any]) -> Mapped:
    """What the record says. Raises `Refused("invalid-answer")` for one without a name."""
    names = spellings(record, mapping.name)
    if not names or not names[0].strip():
        raise Refused("invalid-answer", f"the field {mapping.name!r}, which names the system, is empty")
    answers: dict[str, Answer | list[str]] = {}
    unseen: list[str] = []
    for attribute, source in mapping.attributes.items():
        chosen, strange = _chosen(source, record)
        unseen += [f"{attribute}: {one}" for one in strange]
        if chosen:
            several = form.by_id[attribute].kind == "multi"
            answers[attribute] = [*chosen, *([UNKNOWN] if strange else [])] if several else chosen[0]
    for attribute, field in mapping.texts.items():
        if text := _text(record, field)[: form.by_id[attribute].max_length]:
            answers[attribute] = text
    return Mapped(
        name=" ".join(names[0].split())[:500],
        owner=at(record, mapping.owner) if mapping.owner is not None else None,
        requester=at(record, mapping.requester) if mapping.requester is not None else None,
        places={place: found for place in _PLACES if (found := _place(mapping, record, place))},
        answers=answers,
        unseen=tuple(unseen),
    )


_PLACES: Final = ("region", "business_unit", "product_area", "team")


def at(record: Any, path: str) -> Any:
    """What lies at a path of the record; None where nothing does."""
    for step in path.split("."):
        if isinstance(record, Mapping):
            record = record.get(step)
        elif isinstance(record, Sequence) and not isinstance(record, str) and step.isdigit():
            record = record[int(step)] if int(step) < len(record) else None
        else:
            return None
    return record


def spellings(record: Mapping[str, Any], path: str) -> list[str]:
    """Everything that the value at a path is called: its text, or the ids and labels of what is structured."""
    return [one for entry in _entries(at(record, path)) for one in entry]


def plain(text: str) -> str:
    """A spelling without what does not matter: case, and white space."""
    return " ".join(text.casefold().split())


def _chosen(source: Choices, record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The choices that a field names, in the mapping's order, and the spellings that name none."""
    found: set[str] = set()
    strange: list[str] = []
    for entry in _entries(at(record, source.field)):
        named = {source.table[plain(text)] for text in entry if plain(text) in source.table}
        found |= named
        if not named:
            strange.append(entry[0][:200])
    return [choice for choice in source.choices if choice in found], strange


def _entries(value: Any) -> Iterator[list[str]]:
    """The single values of a field, each with everything it is called; nothing for what is empty."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from _entries(one)
    elif isinstance(value, Mapping):
        called = [str(value[name]) for name in _LABELS if isinstance(value.get(name), str | int) and value[name] != ""]
        if called:
            yield called
    elif isinstance(value, bool):
        yield [str(value).lower()]
    elif isinstance(value, str | int | float) and str(value).strip():
        yield [str(value)]


def _text(record: Mapping[str, Any], path: str) -> str:
    value = at(record, path)
    if isinstance(value, Mapping) and value.get("type") == "doc":  # Atlassian Document Format
        return _words(value).strip()
    return "\n".join(entry[0] for entry in _entries(value)).strip()


def _words(node: Any) -> str:
    if not isinstance(node, Mapping):
        return ""
    inner = "".join(map(_words, content)) if isinstance(content := node.get("content"), list) else ""
    block = node.get("type") in ("paragraph", "heading", "listItem", "codeBlock", "blockquote")
    return str(node.get("text", "")) + inner + ("\n" if block else "")


def _place(mapping: FieldMapping, record: Mapping[str, Any], place: str) -> str | None:
    path: str | None = getattr(mapping, place)
    found = spellings(record, path) if path is not None else []
    return found[0][:120] if found else None


def _misfits(mapping: FieldMapping, form: Form) -> Iterator[str]:
    for name, source in mapping.attributes.items():
        attribute = form.by_id.get(name)
        if attribute is None or attribute.kind == "text":
            yield f"the form has no choice {name!r}"
            continue
        yield from (f"{name} has no choice {one!r}" for one in source.choices if one not in attribute.choices)
    for name in mapping.texts:
        if name not in form.by_id or form.by_id[name].kind != "text":
            yield f"the form has no text {name!r}"


def _wrong(words: str) -> Refused:
    return Refused("invalid-field", f"the mapping can't be used: {words}", [{"detail": words, "pointer": "#/mapping"}])
