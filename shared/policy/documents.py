"""YAML as data: the core schema of YAML 1.2, no tags, no key twice.

YAML 1.1, which PyYAML speaks by default, reads `no` as false, `17:00` as 1020 and `2026-01-01` as a date; a policy
means the words. Here a plain scalar is null, true, false, a whole number, or text.
"""

import re
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, ScalarNode

_STRING: Final = "tag:yaml.org,2002:str"
MAX_DEPTH: Final = 100
"""The loader composes by recursion in C: some ten thousand levels deeper it ends the process."""


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
        if _depth(text) > MAX_DEPTH:
            raise UnreadableDocument(f"{name}: nested too deeply")
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader by descent)
    except UnreadableDocument:
        raise
    except (yaml.YAMLError, ValueError) as error:  # the latter for a number of thousands of digits
        raise UnreadableDocument(f"{name}: {' '.join(str(error).split())}") from error


def _depth(text: str) -> int:
    """How deeply a text is nested, as far as needed to tell that it is too deep."""
    deepest = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest
