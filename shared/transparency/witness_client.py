"""A log's side of tlog-witness: obtain a cosignature, and learn from the answer whether we were rolled back."""

from collections.abc import Callable

from . import note
from .encoding import from_decimal
from .failures import Forked, Malformed, RolledBack, Unproven
from .keys import Verifier
from .tree_reader import TreeReader
from .witness_protocol import SIZE_TYPE, AddCheckpoint, Answer

Post = Callable[[bytes], Answer]
"""Sends the body to a witness's `add-checkpoint`: over HTTP, or `Witness.add_checkpoint` itself."""

_TRIES = 3  # another process may get the same head cosigned in between; each time the witness says where it is


def cosign(post: Post, tree: TreeReader, signed: bytes, witness: Verifier, last_seen: int = 0) -> bytes:
    """The witness's signature lines for a signed checkpoint of this tree, checked.

    `last_seen` is the size that the witness is believed to know; when it is wrong the witness tells, and one more
    request is made. Raises `RolledBack` when the witness has seen a larger log, `Forked` when it has seen another
    history, `Unproven` for every other refusal and for a cosignature that is not the witness's.
    """
    text = note.parse(signed).text
    for _ in range(_TRIES):
        proof = tuple(tree.consistency(last_seen))
        status, kind, body = post(AddCheckpoint(last_seen, proof, signed).render())
        if status == 409 and kind == SIZE_TYPE:
            last_seen = _size(body)
            if last_seen > tree.size:
                raise RolledBack(f"the log has size {tree.size}, and {witness.name} has seen it at {last_seen}")
            continue
        if status == 422:
            raise Forked(f"{witness.name} has seen another history: {_words(body)}")
        if status != 200:
            raise Unproven(f"{witness.name} answered {status}: {_words(body)}")
        _checked(text, body, witness)
        return body
    raise Unproven(f"{witness.name} changed its mind {_TRIES} times about the size it knows")


def _size(body: bytes) -> int:
    try:
        return from_decimal(body.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, Malformed) as error:
        raise Unproven("the witness named a size that is none") from error


def _checked(text: bytes, lines: bytes, witness: Verifier) -> None:
    try:
        signatures = note.parse_signatures(lines.decode())
    except (UnicodeDecodeError, Malformed) as error:
        raise Unproven(f"{witness.name} answered with something else than signature lines") from error
    note.opened(note.Note(text, signatures), [witness])


def _words(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace").strip()
