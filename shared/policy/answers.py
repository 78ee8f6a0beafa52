"""Checking answers against the attributes they answer."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from urllib.parse import urlsplit

from shared.events.fact import Answer
from shared.policy.attribute import Attribute
from shared.policy.condition import UNKNOWN
from shared.refusals import Refused

_Wrong = Callable[[str], None]


def normalised(known: Mapping[str, Attribute], answers: object, at: str) -> dict[str, Answer]:
    """The answers in their normal form (see `Form.check`).

    Raises `Refused("invalid-answer")` with one error for each field that is wrong.
    """
    if not isinstance(answers, dict):
        raise Refused("invalid-answer", "answers are an object", [{"detail": "not an object", "pointer": at}])
    errors: list[dict[str, str]] = []
    accepted: dict[str, Answer] = {}
    for name, value in answers.items():
        try:
            if name not in known:
                raise ValueError("the form has no such attribute")
            if (answer := _answer(known[name], value)) is not None:
                accepted[name] = answer
        except ValueError as error:
            errors.append({"detail": str(error), "pointer": f"{at}/{_token(str(name))}"})
    if errors:
        many = "one" if len(errors) == 1 else len(errors)
        raise Refused("invalid-answer", f"the form does not allow {many} of the answers", errors)
    return {name: accepted[name] for name in known if name in accepted}


def _answer(attribute: Attribute, value: object) -> Answer | None:
    if attribute.kind == "text":
        return _text(attribute, value)
    if attribute.kind == "choice":
        if not isinstance(value, str):
            raise ValueError("one choice, as text")
        return _chosen(attribute, value)
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError("a list of choices")
    return _several(attribute, value)


def _chosen(attribute: Attribute, value: str) -> str | None:
    if value == UNKNOWN:
        return None
    if value not in attribute.choices:
        raise ValueError(f"not one of the choices: {', '.join([*attribute.choices, UNKNOWN])}")
    return value


def _several(attribute: Attribute, values: Iterable[object]) -> tuple[str, ...] | None:
    chosen = list(values)
    if not all(isinstance(value, str) for value in chosen):
        raise ValueError("a list of choices, each as text")
    if len(set(chosen)) != len(chosen):
        raise ValueError("a choice is named twice")
    known = [str(value) for value in chosen if value != UNKNOWN]
    for value in known:
        _chosen(attribute, value)
    lonely = [value for value in known if value in attribute.alone]
    if lonely and len(chosen) > 1:
        raise ValueError(f"{lonely[0]!r} excludes every other choice")
    if not known:
        return None
    ordered = tuple(choice for choice in attribute.choices if choice in known)
    # "These, and perhaps more": the remainder that is not known goes on counting as unknown.
    return (*ordered, UNKNOWN) if UNKNOWN in chosen else ordered


def _text(attribute: Attribute, value: object) -> str | None:
    if not isinstance(value, str):
        raise ValueError("text")
    text = unicodedata.normalize("NFC", value).strip()
    if text in ("", UNKNOWN):
        return None
    if len(text) > attribute.max_length:
        raise ValueError(f"longer than {attribute.max_length} characters")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        raise ValueError("holds characters that are not text")
    _FORMATS[attribute.format](text)
    return text


def _date(text: str) -> None:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("a date as YYYY-MM-DD") from error
    if found.isoformat() != text:  # ISO 8601 has other ways to write a day
        raise ValueError("a date as YYYY-MM-DD")


def _uri(text: str) -> None:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError("a link that begins with https:// or http://") from error
    if parts.scheme not in ("http", "https") or not parts.netloc or any(char.isspace() for char in text):
        raise ValueError("a link that begins with https:// or http://")


def _plain(_: str) -> None:
    """Any text will do."""


_FORMATS: dict[str, Callable[[str], None]] = {"plain": _plain, "date": _date, "uri": _uri}


def _token(name: str) -> str:
    """A name as a reference token of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
