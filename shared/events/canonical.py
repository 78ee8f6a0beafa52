"""RFC 8785 canonical JSON: by msgspec where that writes the very same bytes, by the reference library where it may not.

The reference is Python throughout and took most of an append's time (a submitted intake: 43 µs, 3.6 µs this way).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import rfc8785

_WRITTEN_ALIKE: Final = frozenset({str, bool, type(None)})
_MAX_EXACT: Final = 2**53 - 1
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value; datetimes must have been turned into text before.

    Raises what `rfc8785.dumps` raises: `ValueError` for what JSON, or an exact reader of it, can't hold.
    """
    if _alike((value,)):
        try:
            return _encode(value)
        except UnicodeEncodeError:  # a lone surrogate: the reference has its own word for that
            return rfc8785.dumps(value)
    return rfc8785.dumps(value)


def _alike(values: Iterable[Any]) -> bool:
    """Whether both write these alike. They differ in numbers that are no exact integers, and in the order of keys
    beyond ASCII (RFC 8785 sorts by UTF-16 code units, section 3.2.3)."""
    for value in values:
        kind = type(value)
        if kind in _WRITTEN_ALIKE:
            continue
        if kind is dict:
            if not (_ascii(value) and _alike(value.values())):
                return False
        elif kind is int:
            if not -_MAX_EXACT <= value <= _MAX_EXACT:
                return False
        elif not (kind in (list, tuple) and _alike(value)):
            return False
    return True


def _ascii(keyed: Mapping[Any, Any]) -> bool:
    try:
        return "".join(keyed).isascii()
    except TypeError:  # a key that is no text
        return False
