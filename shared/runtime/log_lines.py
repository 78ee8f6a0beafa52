"""Our own log lines, written past `logging`: its records, filters and formatters cost a request more than its routing.

What `logging` decides still holds: a logger's level, and the one place where lines go, under that place's lock.
"""

import logging
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Final

import msgspec
import structlog

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
}
_encode: Final = msgspec.json.Encoder().encode
_careful: Final = structlog.processors.JSONRenderer(ensure_ascii=True)


def rendered(logger: object, name: str, line: MutableMapping[str, Any]) -> str:
    """A line as JSON in pure ASCII, without a line's end; a value that JSON has no word for as its `repr`."""
    if all(type(value) in _PLAIN for value in line.values()):
        with suppress(UnicodeEncodeError):  # half of a character: only the careful way has a word for it
            written = _encode(line)
            if written.isascii() and b"\x7f" not in written:
                return written.decode()
    found = _careful(logger, name, line)
    return found if isinstance(found, str) else found.decode()


class Place(logging.StreamHandler[Any]):
    """Where lines go."""

    def write(self, line: str) -> None:
        """Add a finished line. One that can't be written, to a pipe that is closed, fails nobody's request: `logging`
        says so where it says such things."""
        self.acquire()
        try:
            self.stream.write(line + self.terminator)
            self.flush()
        except (OSError, ValueError):
            self.handleError(logging.makeLogRecord({"msg": line}))
        finally:
            self.release()


def writing_to(place: Place) -> type[structlog.stdlib.BoundLogger]:
    """Loggers whose lines go there."""

    class Lines(structlog.stdlib.BoundLogger):
        def _proxy_to_logger(self, method_name: str, event: str | None = None, *_: Any, **more: Any) -> None:
            if self._logger.isEnabledFor(_LEVELS[method_name]):
                with suppress(structlog.DropEvent):
                    processed = self._process_event(method_name, event, more)[0]
                    place.write(processed[0])

    return Lines
