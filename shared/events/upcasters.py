"""Old bodies are lifted to today's shape one version at a time, on read; stored bytes are never rewritten."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Body = Mapping[str, Any]
Step = tuple[str, Callable[[Body], Body]]

STEPS: Final[Mapping[str, Step]] = {}
"""Old wire name to (next wire name, pure function from the old body to the next)."""


def lift(type_name: str, body: Body, steps: Mapping[str, Step] = STEPS) -> tuple[str, Body]:
    """The newest name and shape of a body, by as many steps as lie between."""
    while (step := steps.get(type_name)) is not None:
        type_name, raise_one = step
        body = raise_one(body)
    return type_name, body
