"""How many requests one principal may send, told by the headers of draft-ietf-httpapi-ratelimit-headers."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from shared.refusals import Refused

WINDOW: Final = 60


class TooMany(Refused):
    """The limit is spent; `headers` say until when."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("rate-limited", f"one principal may send no more; go on in {headers['Retry-After']} s")
        self.headers = dict(headers)


class RateLimiter:
    """A sliding window of a minute per principal and process; `clock` gives seconds since 1970.

    Two windows are counted, this minute's and the last one's, of which so much counts as still lies within sixty
    seconds: the sliding window counter of the library `limits`, which took twenty times as long over it.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._policy = f'"default";q={per_minute};w={WINDOW}'
        self._window = 0
        self._counts: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def spend(self, person: str) -> Mapping[str, str]:
        """Count a request; returns the headers for its answer. Raises `TooMany`."""
        window, gone = divmod(self._clock(), WINDOW)
        self._turn(int(window))
        left, count, before = WINDOW - gone, self._counts.get(person, 0), self._before.get(person, 0)
        fading = before * left / WINDOW
        allowed = math.floor(fading + count) < self._per_minute
        if allowed:
            count = self._counts[person] = count + 1
        remaining = max(0, self._per_minute - math.floor(fading + count))
        wait = max(1, math.ceil(min(left % (WINDOW / before) if before else left, left)))
        headers = {"RateLimit-Policy": self._policy, "RateLimit": f'"default";r={remaining};t={wait}'}
        if not allowed:
            raise TooMany({**headers, "Retry-After": str(wait)})
        return headers

    def _turn(self, window: int) -> None:
        if window > self._window:
            self._before = self._counts if window == self._window + 1 else {}
            self._counts, self._window = {}, window
