"""A small memory of answers that may be used again for a while: verified tokens, people's ids, service keys."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """At most `size` values, the oldest dropped first, each used until its own instant by `clock` (seconds)."""

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self._size, self._clock = size, clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, unless it is unknown or its time is over."""
        found = self._values.get(key)
        if found is None:
            return None
        until, value = found
        if until > self._clock():
            return value
        del self._values[key]
        return None

    def put(self, key: K, value: V, seconds: float) -> None:
        """Keep a value for that long."""
        self._values[key] = (self._clock() + seconds, value)
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
