"""Idempotency keys whose first request is still being answered (draft-ietf-httpapi-idempotency-key-header section 2.6).

What a process knows of itself: a repeat that reaches it meanwhile is told to wait. A repeat that reaches another
process meets the store's own unique key and is given the first answer, so nothing acts twice either way.
"""

from collections.abc import MutableMapping
from functools import partial
from typing import Any, Final

from starlette.requests import Request

from shared.refusals import Refused
from shared.store.port import Key

_HELD: Final = "gatehouse.keys"


class InFlight:
    """The keys that this process is answering."""

    def __init__(self) -> None:
        self._running: set[tuple[str, str]] = set()

    def begin(self, request: Request, key: Key) -> None:
        """Hold the key until `ended` is called for the request; raises `Refused("idempotency-in-flight")`."""
        named = (key.scope, key.value)
        if named in self._running:
            raise Refused("idempotency-in-flight", "the first request with this key is still running: send it again")
        self._running.add(named)
        request.scope.setdefault(_HELD, []).append(partial(self._running.discard, named))


def ended(scope: MutableMapping[str, Any]) -> None:
    """The request with this scope was answered, or its client went away: let go of its keys."""
    for let_go in scope.pop(_HELD, ()):
        let_go()
