"""The body of `add-checkpoint` (c2sp.org/tlog-witness): how a log shows a witness that it only grew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .encoding import from_decimal, hash_from_base64, to_base64
from .failures import Malformed

MAX_PROOF: Final = 63
MAX_BODY: Final = 1_000_000 + 100 * MAX_PROOF
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]
"""HTTP status, content type and body."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The size that the witness is believed to know, the consistency proof from there, and the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    signed: bytes

    def render(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *(to_base64(each) for each in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.signed


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read a request; raises `Malformed`. The checkpoint inside is not looked at."""
    if len(body) > MAX_BODY:
        raise Malformed("the request is too long")
    top, blank, signed = body.partition(b"\n\n")
    try:
        first, *rest = top.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("the request's first lines are ASCII") from error
    if not blank or not first.startswith("old "):
        raise Malformed("the request begins with the old size and ends its proof with an empty line")
    if len(rest) > MAX_PROOF:
        raise Malformed(f"a proof has at most {MAX_PROOF} lines, not {len(rest)}")
    return AddCheckpoint(from_decimal(first.removeprefix("old ")), tuple(_hashes(rest)), signed)


def _hashes(lines: Sequence[str]) -> list[bytes]:
    return [hash_from_base64(line) for line in lines]
