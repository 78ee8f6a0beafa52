"""Receipts (c2sp.org/tlog-proof): a small file that proves, offline and for ever, that an entry is in a log."""

from dataclasses import dataclass
from typing import Final

from .checkpoint import peek
from .encoding import from_base64, from_decimal, hash_from_base64, to_base64
from .failures import Malformed
from .hashes import leaf_hash
from .policy import Policy, Verdict
from .proofs import verify_inclusion
from .tile_source import CHECKPOINT, TileSource
from .tree_reader import TreeReader

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's index, its inclusion proof, and the signed checkpoint that it leads to.

    `extra` is carried along and covered by no signature: it may help, it must not be believed.
    """

    index: int
    proof: tuple[bytes, ...]
    signed: bytes
    extra: bytes | None = None

    def render(self) -> bytes:
        """The receipt's file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *(to_base64(each) for each in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.signed

    def check(self, entry: bytes, policy: Policy) -> Verdict:
        """Prove the entry by the receipt; raises `Unproven` or `Malformed`.

        The caller still looks at the verdict's quorum.
        """
        verdict = policy.check(self.signed)
        head = verdict.head.checkpoint
        verify_inclusion(self.index, head.size, leaf_hash(entry), self.proof, head.root)
        return verdict


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt's file; raises `Malformed`. The checkpoint inside is not looked at."""
    top, blank, signed = data.partition(b"\n\n")
    try:
        lines = top.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("a receipt's first lines are ASCII") from error
    if not blank or lines.pop(0) != HEADER:
        raise Malformed(f"a receipt begins with {HEADER}")
    extra = from_base64(_after("extra ", lines)) if lines and lines[0].startswith("extra ") else None
    index = from_decimal(_after("index ", lines))
    return Receipt(index, tuple(hash_from_base64(line) for line in lines), signed, extra)


def receipt_for(source: TileSource, index: int) -> Receipt | None:
    """The receipt of an entry under the log's present checkpoint; None while no checkpoint covers the entry.

    Raises `Absent` where the log has no checkpoint or a tile is missing.
    """
    signed = source.read(CHECKPOINT)
    size = peek(signed).size
    if not 0 <= index < size:
        return None
    return Receipt(index, tuple(TreeReader(source, size).inclusion(index)), signed)


def _after(word: str, lines: list[str]) -> str:
    line = lines.pop(0) if lines else ""
    if not line.startswith(word):
        raise Malformed(f"a receipt has a line that begins with {word!r}")
    return line.removeprefix(word)
