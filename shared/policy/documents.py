"""YAML as data: the core schema of YAML 1.2, no tags, no key twice.

YAML 1.1, which PyYAML speaks by default, reads `no` as false, `17:00` as 1020 and `2026-01-01` as a date; a policy
means the words. Here a plain scalar is null, true, false, a whole number, or text.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, ScalarEvent
from yaml.nodes import MappingNode, ScalarNode

_STRING: Final = "tag:yaml.org,2002:str"
MAX_DEPTH: Final = 100
"""The loader composes by recursion in C: some ten thousand levels deeper it ends the process."""

MAX_NODES: Final = 100_000
"""An alias costs a character and stands for all that it names: a few kB of aliases of aliases would become hundreds of
MiB once their content is read into types. The largest document of the product has some two thousand values."""


class UnreadableDocument(ValueError):
    """A file that is not YAML as this room reads it; the message names the file and the place."""


class _Loader(yaml.CSafeLoader):
    """The safe loader on libyaml, seven times as fast, with its implicit types replaced."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, refusing a key that stands in it twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


def read_document(path: Path) -> Any:
    """The content of a YAML file.

    Raises `UnreadableDocument` when it is missing, not UTF-8 or not such YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableDocument(f"{path.name}: {error}") from error
    return parsed_document(text, path.name)


def parsed_document(text: str, name: str) -> Any:
    """The content of a YAML text, which messages call by that name.

    Raises `UnreadableDocument` when it is not such YAML.
    """
    try:
        bounds = _Bounds()
        for event in yaml.parse(text, Loader=_Loader):
            bounds.hear(event)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader by descent)
    except (yaml.YAMLError, ValueError) as error:  # the latter for a number of thousands of digits
        raise UnreadableDocument(f"{name}: {' '.join(str(error).split())}") from error


@dataclass(slots=True)
class _Collection:
    """A mapping or a list that has begun: how many nodes came before it, and how many levels it holds so far."""

    anchor: str | None
    before: int
    levels: int = 0


class _Bounds:
    """What a text amounts to with each alias written out, event by event, before anything is composed."""

    def __init__(self) -> None:
        self._open: list[_Collection] = []
        self._named: dict[str | None, tuple[int, int]] = {}
        self._nodes = 0

    def hear(self, event: Event) -> None:
        """Take the next event. Raises `yaml.YAMLError` once the text can be told to be none to compose."""
        if isinstance(event, CollectionEndEvent):
            ended = self._open.pop()
            self._named[ended.anchor] = self._nodes - ended.before, ended.levels + 1
            self._deepen(event, ended.levels + 1)
        elif isinstance(event, AliasEvent):
            if event.anchor not in self._named:
                raise _at(event, f"the alias {event.anchor!r} names nothing that ended before it")
            nodes, levels = self._named[event.anchor]
            self._count(event, nodes)
            self._deepen(event, levels)
        elif isinstance(event, ScalarEvent | CollectionStartEvent):
            self._begin(event)

    def _begin(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.tag is not None:
            raise _at(event, f"the tag {event.tag!r}: a document has none")
        if isinstance(event, CollectionStartEvent):
            self._open.append(_Collection(event.anchor, self._nodes))
            self._deepen(event, 0)
        else:
            self._named[event.anchor] = 1, 0
        self._count(event, 1)

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _at(event, f"more than {MAX_NODES:,} values, each alias written out")

    def _deepen(self, event: Event, levels: int) -> None:
        """The collection that stands open holds so many levels."""
        if self._open:
            self._open[-1].levels = max(self._open[-1].levels, levels)
        if len(self._open) + levels > MAX_DEPTH:
            raise _at(event, "nested too deeply")


def _at(event: Event, problem: str) -> yaml.YAMLError:
    return yaml.composer.ComposerError(None, None, problem, cast("yaml.Mark | None", event.start_mark))
