"""The keys that sign the services' logs, the witness that cosigns them, and the policy that auditors believe."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from services.process import Process
from shared.log.signer import Signer
from shared.log.witnessing import Witnessing
from shared.runtime.entropy import Entropy
from shared.runtime.key_files import KeyFileError
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.transparency.disk import Batch, Disk
from shared.transparency.failures import Malformed
from shared.transparency.keys import LOG, WITNESS, SigningKey, Verifier, read_key_file, write_key_file
from shared.transparency.policy import Party, Policy
from shared.transparency.policy_text import read_policy, write_policy
from shared.transparency.tile_store import TileStore
from shared.transparency.witness import Witness

WITNESS_NAME: Final = "witness.gatehouse.local"
POLICY_FILE: Final = "{installation}.policy"
_log = structlog.get_logger()


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

    By the process that signs. Once written it stays: a log that shows itself with other keys later is what it is there
    to tell. So a log that a policy in the folder names already is named in no other, and processes that sign for one
    service each write one each. Witness and policy stand for another trust domain: whoever runs the product should
    hand both to somebody else.
    """
    folder = process.settings.witness_folder
    if folder is None:
        return
    known = _named(folder)
    fresh = [service for service in process.services if service.store.origin not in known]
    if not fresh or (path := folder / POLICY_FILE.format(installation=fresh[0].store.installation)).exists():
        return
    logs = [Party(_key(process.settings, service, process.parts.entropy).verifier) for service in fresh]
    witness = _witness_key(folder, process.parts.entropy).verifier
    policy = Policy(tuple(logs), {"local": Party(witness)}, {}, "local")
    file = Batch(Disk(), folder, folder / f".{path.name}.new")  # whole or not at all: half a policy would stay for ever
    file.put(path.name, write_policy(policy))
    file.settle()


def _named(folder: Path) -> set[str]:
    """The origins of the logs that the folder's policies name; one that can't be read names none, and stays."""
    named: set[str] = set()
    for path in sorted(folder.glob("*.policy")):
        try:
            named |= {party.key.name for party in read_policy(path.read_bytes()).logs}
        except Malformed as error:
            _log.error("a policy can't be read", file=str(path), reason=str(error))
    return named


def _key(settings: Settings, service: Service, entropy: Entropy) -> SigningKey:
    """The service's signing key, made on first use; its name is the log's origin. Raises `KeyFileError`."""
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
    try:
        return read_key_file(path)
    except (Malformed, OSError) as error:
        raise KeyFileError(f"{path}: {error}") from error
