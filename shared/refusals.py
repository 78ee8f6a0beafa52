"""The one catalogue of reasons for which Gatehouse says no.

A refusal has a code; the code alone decides the HTTP status and title (RFC 9457), wherever it was raised.
The domain raises `Refused` and knows nothing of HTTP; `shared.runtime` turns it into problem details.
"""

from collections.abc import Mapping, Sequence
from typing import Final

CATALOGUE: Final[Mapping[str, tuple[int, str]]] = {
    "already-decided": (409, "This was decided already"),
    "already-exists": (409, "This exists already"),
    "bad-signature": (401, "The signature does not match the body"),
    "body-too-large": (413, "The body is larger than allowed"),
    "duplicate-key": (400, "A JSON object names a key twice"),
    "event-too-large": (413, "The fact would exceed 60 KiB"),
    "evidence-digest-mismatch": (422, "The content does not have the stated digest"),
    "example-data": (409, "Example data and real data do not mix"),
    "forbidden": (403, "The principal lacks the role for this"),
    "idempotency-in-flight": (409, "The first request with this key is still running"),
    "idempotency-missing": (400, "An Idempotency-Key is needed"),
    "idempotency-reused": (422, "The key was used before with another request"),
    "invalid-answer": (422, "An answer is not one the form allows"),
    "invalid-field": (422, "A field has a value that is not allowed"),
    "invalid-query": (422, "A query parameter is not allowed"),
    "invalid-text": (422, "Text holds characters that are not allowed"),
    "invalid-tile": (400, "That is not the path of a tile"),
    "invalid-time": (422, "A time is not allowed here"),
    "log-frozen": (503, "The log was rolled back and takes nothing more"),
    "malformed-json": (400, "The body is not well-formed JSON"),
    "malformed-request": (400, "The request is not well-formed"),
    "method-not-allowed": (405, "The resource does not answer this method"),
    "misdirected": (421, "This server does not answer for that host"),
    "not-found": (404, "Nothing here by that name"),
    "precondition-required": (428, "If-Match is needed to edit this"),
    "prohibited-use": (409, "A prohibited use opens no review"),
    "quorum-missing": (409, "The votes do not make a quorum yet"),
    "range-not-satisfiable": (416, "The range can't be served"),
    "rate-limited": (429, "Too many requests"),
    "segregation-of-duties": (403, "Nobody decides their own request"),
    "stale-decision": (409, "What it was decided on changed since it was read"),
    "stale-signature": (401, "The signature's time is too far from now"),
    "storage-full": (507, "There is no room to store this"),
    "too-contended": (503, "Others were faster five times: try again"),
    "unauthenticated": (401, "A valid access token is needed"),
    "unavailable": (503, "A part this needs can't be reached"),
    "unexpected": (500, "Something failed on our side"),
    "unknown-field": (422, "A field is not known or not the caller's to set"),
    "unsupported-media-type": (415, "The media type is not taken here"),
    "version-conflict": (412, "It was changed since the version named"),
    "wrong-state": (409, "This can't be done in the present state"),
}

MAX_ERRORS: Final = 100
"""Errors that one refusal lists. A mebibyte of fields that are all wrong got an answer six times as large."""


class Refused(Exception):
    """A request that the product declines, with a code from `CATALOGUE` and words for the person who asked.

    `errors` points at single fields, each `{"detail": …, "pointer": "#/…"}` (RFC 9457 section 3, JSON pointers). The
    first `MAX_ERRORS` are kept, and `detail` then says how many there were: all that are given, or `found`.
    """

    def __init__(
        self, code: str, detail: str, errors: Sequence[Mapping[str, str]] = (), *, found: int | None = None
    ) -> None:
        if code not in CATALOGUE:
            raise KeyError(f"no refusal is called {code!r}")
        if (count := len(errors) if found is None else found) > MAX_ERRORS:
            detail = f"{detail} (the first {MAX_ERRORS} of {count} errors are listed)"
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(dict(error) for error in errors[:MAX_ERRORS])

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return CATALOGUE[self.code][0]

    @property
    def title(self) -> str:
        """The short sentence that goes with the code, the same every time."""
        return CATALOGUE[self.code][1]
