"""Chance that repeats itself: what nobody has written down follows from the seed."""

from collections.abc import Sequence
from typing import Final, TypeVar

from shared.runtime.entropy import Entropy

T = TypeVar("T")
_BYTES: Final = 6


class Whims:
    """The whims of one story; each is drawn for a purpose of its own, in the order in which they are asked for."""

    def __init__(self, entropy: Entropy, story: str) -> None:
        self._entropy, self._story, self._drawn = entropy, story, 0

    def between(self, low: float, high: float) -> float:
        """A number from `low` on, below `high`."""
        return low + (high - low) * self._share()

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self._share() * len(options))]

    def _share(self) -> float:
        self._drawn += 1
        drawn = self._entropy.draw(_BYTES, "whim", self._story, str(self._drawn))
        return int.from_bytes(drawn) / 256**_BYTES
