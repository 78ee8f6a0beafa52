"""Which version this is. In code, so that a process knows it also where it was copied and not installed."""

from typing import Final

VERSION: Final = "0.1.0"
