"""What ^C and SIGTERM end: a start at once, and what was started in order."""

import signal
import threading
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Takes both signals over. Until `ready` they raise `KeyboardInterrupt` in the main thread, then they are noted."""

    def __init__(self) -> None:
        self._over = threading.Event()
        for number in SIGNALS:
            signal.signal(number, self._at_once)

    def ready(self) -> None:
        """From now on nothing is interrupted."""
        for number in SIGNALS:
            signal.signal(number, lambda *_: self._over.set())

    def wait(self, seconds: float) -> bool:
        """Whether one came, after so many seconds at most."""
        return self._over.wait(seconds)

    def _at_once(self, number: int, frame: FrameType | None) -> None:
        self.ready()  # once is enough: what was begun is ended in order
        raise KeyboardInterrupt
