"""ETags where two people edit one text (DESIGN 16): the version of a stream as a strong validator."""

import re
from typing import Final

from shared.refusals import Refused

_TAG: Final = re.compile(r'"(\d{1,18})"')


def etag(version: int) -> str:
    """The ETag header of a thing at that version."""
    return f'"{version}"'


def version_in(header: str | None) -> int:
    """The version an If-Match header names.

    Raises `Refused`: `precondition-required` without one (`*` names no version), `version-conflict` for a tag that
    was never ours.
    """
    text = (header or "").strip()
    if text in ("", "*"):
        raise Refused("precondition-required", "send If-Match with the ETag that was read")
    if not (tag := _TAG.fullmatch(text)):
        raise Refused("version-conflict", "If-Match names no version of this")
    return int(tag[1])
