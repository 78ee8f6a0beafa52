"""What facts name by its digest alone, and is kept beside the log: uploaded evidence, and raw bodies of webhooks."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from services.intake.adapters.dialects import DIALECTS
from services.verifying.files import as_bytes, opened
from shared.events.catalogue import fact_of
from shared.events.envelope import parse
from shared.events.intake import IntakeAmended, IntakeSubmitted
from shared.events.review import EvidenceAttached
from shared.transparency.report import Problem

_ATTACHED: Final = b'"gatehouse.review.evidence_attached.'
_DESCRIBED: Final = (b'"gatehouse.intake.submitted.', b'"gatehouse.intake.amended.')
_REF: Final = re.compile(r".* sha256:([0-9a-f]{64})", re.DOTALL)
_BODIES: Final = "SELECT digest, body, erased_at FROM kept_body ORDER BY digest"


class Contents(Protocol):
    """The contents that one service's facts name."""

    @property
    def rehashed(self) -> int:
        """How many contents were read and hashed."""

    @property
    def erased(self) -> int:
        """How many were erased, as their rule allows."""

    def __call__(self, position: int, body: bytes) -> str | None:
        """What is wrong with the content that a sound entry names, None if nothing is."""

    def rest(self) -> Sequence[Problem]:
        """What is wrong with contents that no entry names."""


class NoContents:
    """Of a service whose facts name none."""

    rehashed = erased = 0

    def __call__(self, position: int, body: bytes) -> str | None:
        """As `Contents.__call__`."""
        return None

    def rest(self) -> Sequence[Problem]:
        """As `Contents.rest`."""
        return ()


class EvidenceFiles:
    """Uploaded evidence, in its folder by digest. Nothing erases it: a file that is not there is a fault."""

    erased = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, str | None] = {}

    @property
    def rehashed(self) -> int:
        """How many different files were read."""
        return len(self._found)

    def __call__(self, position: int, body: bytes) -> str | None:
        """As `Contents.__call__`."""
        if _ATTACHED not in body:
            return None
        event = parse(body)
        fact = fact_of(event.type, event.data)
        if not isinstance(fact, EvidenceAttached) or fact.link is not None:
            return None  # what is linked is kept elsewhere: whoever opens it holds it against the digest
        if fact.digest not in self._found:
            self._found[fact.digest] = self._fault(fact.digest)
        return self._found[fact.digest]

    def rest(self) -> Sequence[Problem]:
        """As `Contents.rest`: an upload whose fact never came is no fault."""
        return ()

    def _fault(self, digest: str) -> str | None:
        path = self._folder / digest[:2] / digest
        if not path.is_file():
            return f"the evidence file {digest} is not here"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        return None if found == digest else f"the evidence file {digest} holds other bytes: their SHA-256 is {found}"


class WebhookBodies:
    """Raw bodies of deliveries, in intake's store by digest. An erased one leaves its digest and when it was erased."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._faults: dict[str, str | None] | None = None
        self._unread: list[Problem] = []
        self._named: set[str] = set()
        self.rehashed = self.erased = 0

    def __call__(self, position: int, body: bytes) -> str | None:
        """As `Contents.__call__`."""
        if not any(kind in body for kind in _DESCRIBED):
            return None
        event = parse(body)
        fact = fact_of(event.type, event.data)
        if not isinstance(fact, IntakeSubmitted | IntakeAmended) or fact.origin.partition(":")[0] not in DIALECTS:
            return None
        if (ref := _REF.fullmatch(fact.source_ref or "")) is None:
            return None
        self._named.add(ref[1])
        return self._looked_at().get(ref[1], f"the webhook body {ref[1]} is not here, and was not erased")

    def rest(self) -> Sequence[Problem]:
        """As `Contents.rest`: deliveries that led to no fact are kept too."""
        faults = self._looked_at().items()
        rest = [Problem(fault) for digest, fault in faults if fault is not None and digest not in self._named]
        return [*self._unread, *rest]

    def _looked_at(self) -> dict[str, str | None]:
        if self._faults is None:
            self._faults = {}
            try:
                self._faults.update((digest, self._fault(digest, body, at)) for digest, body, at in self._rows())
            except sqlite3.DatabaseError as error:
                self._unread.append(Problem(f"the bodies of webhooks can't be read: {error}"))
        return self._faults

    def _fault(self, digest: str, body: object, erased_at: str | None) -> str | None:
        if body is None:
            self.erased += 1
            return None if erased_at is not None else f"the webhook body {digest} is not here, and was not erased"
        self.rehashed += 1
        found = hashlib.sha256(as_bytes(body)).hexdigest()
        return None if found == digest else f"the webhook body {digest} holds other bytes: their SHA-256 is {found}"

    def _rows(self) -> Iterator[tuple[str, object, str | None]]:
        with opened(self._store) as connection:
            yield from connection.execute(_BODIES)
