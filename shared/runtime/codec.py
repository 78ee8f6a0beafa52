"""Temporal's payloads, encrypted before they leave the process: its database then holds nothing readable of ours.

Workflow ids, types, queues and search attributes are not payloads: no personal data belongs in them.
"""

from collections.abc import Sequence
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from shared.runtime.entropy import Entropy
from shared.runtime.key_files import NONCE_BYTES, Keyring

ENCODING: Final = b"binary/encrypted"
_BOUND: Final = b"gatehouse/temporal/1"


class SealingCodec(PayloadCodec):
    """AES-256-GCM with the key's id in the metadata; what an older key sealed is opened as long as the file has it."""

    def __init__(self, keys: Keyring, entropy: Entropy) -> None:
        self._keys, self._entropy = keys, entropy

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `PayloadCodec`."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `PayloadCodec`; a payload that is not sealed passes, raises `Undecipherable` for one we can't open."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = self._entropy.draw(NONCE_BYTES, "temporal")
        return Payload(
            metadata={"encoding": ENCODING, "key-id": self._keys.current.encode()},
            data=self._keys.encrypt(payload.SerializeToString(), nonce, _BOUND),
        )

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata["key-id"].decode()
        return Payload.FromString(self._keys.decrypt(key_id, payload.data, _BOUND))
