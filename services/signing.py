"""The keys that sign the services' logs, the witness that cosigns them, and the policy that auditors believe."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.process import Process
from shared.log.signer import Signer
from shared.log.witnessing import Witnessing
from shared.runtime.entropy import Entropy
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.transparency.disk import Batch, Disk
from shared.transparency.keys import LOG, WITNESS, SigningKey, Verifier, read_key_file, write_key_file
from shared.transparency.policy import Party, Policy
from shared.transparency.policy_text import write_policy
from shared.transparency.tile_store import TileStore
from shared.transparency.witness import Witness

WITNESS_NAME: Final = "witness.gatehouse.local"
POLICY_FILE: Final = "{installation}.policy"


def signer_of(process: Process, service: Service) -> Signer:
    """The signer of one service's log."""
    key = _key(process.settings, service, process.parts.entropy)
    return Signer(
        service.store,
        process.log.writer(),
        TileStore(process.settings.path("tiles_folder") / service.name),
        [key],
        _witnesses(process.settings, [key.verifier], process.parts.entropy),
    )


def write_trust(process: Process) -> None:
    """Write the policy file that an auditor believes beside the witness, outside the data folder; none without one.

    Once written it stays: a log that shows itself with other keys later is what it is there to tell. Witness and
    policy stand for another trust domain: whoever runs the product should hand both to somebody else.
    """
    folder = process.settings.witness_folder
    if folder is None:
        return
    path = folder / POLICY_FILE.format(installation=process.services[0].store.installation)
    if path.exists():
        return
    logs = [Party(_key(process.settings, service, process.parts.entropy).verifier) for service in process.services]
    witness = _witness_key(folder, process.parts.entropy).verifier
    policy = Policy(tuple(logs), {"local": Party(witness)}, {}, "local")
    file = Batch(Disk(), folder, folder / f".{path.name}.new")  # whole or not at all: half a policy would stay for ever
    file.put(path.name, write_policy(policy))
    file.settle()


def _key(settings: Settings, service: Service, entropy: Entropy) -> SigningKey:
    """The service's signing key, made on first use; its name is the log's origin."""
    path = settings.path("signing_keys_folder") / f"{service.name}.key"
    return _made(path, service.store.origin, LOG, entropy)


def _witnesses(settings: Settings, logs: Sequence[Verifier], entropy: Entropy) -> list[Witnessing]:
    folder = settings.witness_folder
    if folder is None:
        return []
    known = {log.name: [log] for log in logs}
    witness = Witness(folder, _witness_key(folder, entropy), known, lambda: int(time.time()))
    return [Witnessing(witness.add_checkpoint, witness.verifier)]


def _witness_key(folder: Path, entropy: Entropy) -> SigningKey:
    return _made(folder / "witness.key", WITNESS_NAME, WITNESS, entropy)


def _made(path: Path, name: str, kind: int, entropy: Entropy) -> SigningKey:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):  # another process made it first: its key is the one
            write_key_file(path, SigningKey(name, kind, entropy.draw(32, "signing-key", name)))
    return read_key_file(path)
