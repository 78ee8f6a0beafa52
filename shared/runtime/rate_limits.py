"""How many requests one principal may send, told by the headers of draft-ietf-httpapi-ratelimit-headers."""

import math
import time
from collections.abc import Mapping
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.refusals import Refused

WINDOW: Final = 60


class TooMany(Refused):
    """The limit is spent; `headers` say until when."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("rate-limited", f"one principal may send no more; go on in {headers['Retry-After']} s")
        self.headers = dict(headers)


class RateLimiter:
    """A sliding window of a minute per principal and process."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._policy = f'"default";q={per_minute};w={WINDOW}'

    async def spend(self, person: str) -> Mapping[str, str]:
        """Count a request; returns the headers for its answer. Raises `TooMany`."""
        allowed = await self._limiter.hit(self._item, person)
        stats = await self._limiter.get_window_stats(self._item, person)
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        headers = {"RateLimit-Policy": self._policy, "RateLimit": f'"default";r={stats.remaining};t={wait}'}
        if not allowed:
            raise TooMany({**headers, "Retry-After": str(wait)})
        return headers
