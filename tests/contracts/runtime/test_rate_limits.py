"""A principal's minute slides: what was sent long ago counts less and less, and what is not asked for is forgotten."""

import pytest

from shared.runtime.rate_limits import RateLimiter, TooMany


class Clock:
    now = 6_000_000.0

    def __call__(self) -> float:
        return self.now


def remaining(limiter: RateLimiter, person: str = "ada") -> int:
    return int(limiter.spend(person)["RateLimit"].split(";")[1].removeprefix("r="))


def test_the_minute_before_counts_by_what_lies_within_sixty_seconds() -> None:
    clock = Clock()
    limiter = RateLimiter(10, clock)
    assert [remaining(limiter) for _ in range(10)] == list(range(9, -1, -1))
    with pytest.raises(TooMany) as refused:
        limiter.spend("ada")
    assert refused.value.headers == {
        "RateLimit-Policy": '"default";q=10;w=60',
        "RateLimit": '"default";r=0;t=60',
        "Retry-After": "60",
    }
    clock.now += 90  # half of the ten are within the last minute
    assert remaining(limiter) == 4
    clock.now += 1
    assert limiter.spend("ada")["RateLimit"] == '"default";r=4;t=5'  # one of the ten leaves every six seconds
    clock.now += 120
    assert remaining(limiter) == 9


def test_a_refused_request_is_not_counted_and_others_have_their_own_minute() -> None:
    clock = Clock()
    limiter = RateLimiter(1, clock)
    limiter.spend("ada")
    for _ in range(3):
        with pytest.raises(TooMany):
            limiter.spend("ada")
    assert remaining(limiter, "bob") == 0
    clock.now += 60.5
    assert remaining(limiter) == 0


def test_a_clock_that_is_set_back_frees_nobody() -> None:
    clock = Clock()
    limiter = RateLimiter(1, clock)
    limiter.spend("ada")
    clock.now -= 3600
    with pytest.raises(TooMany):
        limiter.spend("ada")
