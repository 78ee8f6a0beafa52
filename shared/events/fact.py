"""What all facts have in common."""

from typing import Annotated

import msgspec

PersonId = Annotated[str, msgspec.Meta(description="A person's opaque id in the directory, never a name.")]
Answer = str | tuple[str, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened: past tense, immutable, complete in itself, named and versioned in `catalogue`."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a fact that has no life of its own."""


class Sealed(Part, frozen=True, kw_only=True):
    """Free text about or by a person, AES-256-GCM under that person's key (DESIGN 12): unreadable once the key is gone.

    `nonce` and `text` are base64; the associated data is the event id and the field's name.
    """

    person: PersonId
    nonce: str
    text: str
