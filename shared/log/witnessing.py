"""What a signer learns from its witnesses about a head: who cosigned it, who was silent, and whether it may go on."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from shared.transparency.checkpoint import Head
from shared.transparency.failures import Unproven
from shared.transparency.keys import Verifier
from shared.transparency.log_writer import LogWriter as TreeWriter
from shared.transparency.witness_client import Post, cosign

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Witnessing:
    """A witness: how it is asked (this may block), and the key by which its answer is believed."""

    post: Post
    verifier: Verifier


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head, by how many witnesses it is cosigned, and why one of the others did not answer, None when all did."""

    head: Head
    by: int
    silent: str | None


def cosigned(tree: TreeWriter, head: Head, witnesses: Sequence[Witnessing], last_seen: int) -> Cosigned:
    """The tree's present head with the line of every witness that answers; this may block.

    `last_seen` is the size that they are believed to know. Raises `RolledBack` or `Forked` when one of them knows
    another log.
    """
    by, silent = 0, None
    verifiers = [each.verifier for each in witnesses]
    for witness in witnesses:
        known = min(last_seen, head.checkpoint.size)
        try:
            lines = cosign(witness.post, tree.tree(), head.signed, witness.verifier, known)
            head = tree.attach(lines, verifiers)
            by += 1
        except (Unproven, OSError) as reason:
            log.warning("not cosigned", log=tree.origin, witness=witness.verifier.name, reason=str(reason))
            silent = silent or f"{witness.verifier.name}: {reason}"
    return Cosigned(head, by, silent)
