"""Free text under a person's own key (DESIGN 12): once the key is destroyed, nobody reads it again."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.events.fact import Sealed
from shared.runtime.entropy import Entropy
from shared.runtime.key_files import NONCE_BYTES, Undecipherable


@dataclass(frozen=True)
class Sealer:
    """One person's key in hand; no I/O, so that a handler may seal before it decides."""

    person: str
    key: bytes = field(repr=False)
    entropy: Entropy = field(repr=False)

    def seal(self, event_id: str, name: str, text: str) -> Sealed:
        """The text, AES-256-GCM, bound to the event and to the field of that name."""
        # The text's own digest is part of the purpose: a seeded source never gives one nonce to two texts.
        digest = hashlib.sha256(text.encode()).hexdigest()
        nonce = self.entropy.draw(NONCE_BYTES, "seal", self.person, event_id, name, digest)
        sealed = AESGCM(self.key).encrypt(nonce, text.encode(), _bound(event_id, name))
        return Sealed(person=self.person, nonce=_text(nonce), text=_text(sealed))


def unsealed(key: bytes, event_id: str, name: str, sealed: Sealed) -> str:
    """The text again; raises `Undecipherable` if it was altered or belongs to another event or field."""
    try:
        nonce = base64.b64decode(sealed.nonce, validate=True)
        content = base64.b64decode(sealed.text, validate=True)
        return AESGCM(key).decrypt(nonce, content, _bound(event_id, name)).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Undecipherable(f"the sealed {name} of event {event_id} can't be opened") from error


def _bound(event_id: str, name: str) -> bytes:
    return f"{event_id}\n{name}".encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
