"""A data folder as the product left it, to be falsified, and what others remember of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.verifying.places import data_folder
from services.verifying.verdict import NOT_SERVED, Memory, examined, verdict
from shared.transparency.policy import Policy
from shared.transparency.policy_text import read_policy
from tests.journey import tampering
from tests.journey.places import Embedded, embedded
from tests.journey.walker import MEDIUM, Walker, wait_for


@dataclass(frozen=True)
class Recorded:
    """A folder as the product left it, an older copy of it, and what others remember."""

    folder: Path
    older: Path
    witness: Path
    policy: Policy
    kept: Path

    def copy(self, to: Path, *, older: bool = False) -> Path:
        """A copy to falsify."""
        shutil.copytree(self.older if older else self.folder, to, ignore=shutil.ignore_patterns("temporal"))
        return to


def record(folder: Path) -> Recorded:
    """Five systems registered, a copy put aside, five more; witnessed, and the checkpoint kept, both to the end."""
    with embedded(folder) as place:
        _registered(place, range(5))
    shutil.copytree(place.folder, folder / "older")
    place.start()
    _registered(place, range(5, 10))
    kept = folder / "kept.checkpoint"
    kept.write_bytes((place.folder / "tiles" / tampering.SERVICE / "checkpoint").read_bytes())
    place.end()
    (policy,) = place.witness.glob("*.policy")
    return Recorded(place.folder, folder / "older", place.witness, read_policy(policy.read_bytes()), kept)


def verified(
    folder: Path, *, policy: Policy | None = None, witness: Path | None = None, against: Path | None = None
) -> dict[str, Any]:
    """What `gatehouse verify` says of a folder's logs."""
    return verdict(examined(data_folder(folder), policy, Memory.of(against, witness)), NOT_SERVED)


def _registered(place: Embedded, numbers: range) -> None:
    """Register systems, and wait until the witness has seen heads that cover them."""
    with Walker(place) as walker:
        for number in numbers:
            walker.post("/intake/v1/intakes", "rita", {"name": f"System {number}", "owner": "omar", "answers": MEDIUM})

    def covered() -> bool:
        answer = verified(place.folder, witness=place.witness)
        log = answer["services"].get(tampering.SERVICE)
        return bool(
            answer["verified"] and log and log["size"] == tampering.size(place.folder) and "witness" in log["basis"]
        )

    wait_for(covered, "a head that covers everything, cosigned")
