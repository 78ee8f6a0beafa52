"""An auditor who has never seen the product types what docs/auditing.md says, on a log that went on for a month."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import pytest

from tests.house.test_docs import BLOCK
from tests.house.tree import ROOT
from tests.journey.places import Embedded
from tests.journey.walker import MEDIUM, Walker, wait_for
from tests.strangers.conftest import DISCOVERED, signed
from tests.strangers.said import Tell

pytestmark = pytest.mark.journey

AUDITOR, CRYPTOGRAPHY = "an auditor with `shared/transparency` alone", f"cryptography {installed('cryptography')}"
DOCUMENT = ROOT / "docs" / "auditing.md"
OFFLINE = {
    "python/bin/pip install --quiet cryptography": "true",
    "-m venv python": "-m venv --without-pip python",
}
"""What is typed otherwise: cryptography comes from where the lock put it, not from the network."""
NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")
"""Cryptography and what it needs, as they were installed and checked against the lock."""


@dataclass(frozen=True)
class Desk:
    """The auditor's folder after everything was typed, and what was answered, block by block."""

    folder: Path
    answers: list[str]


@pytest.fixture(scope="module")
def desk(served: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "gatehouse").symlink_to(ROOT)
    last_month, *today = BLOCK.findall(DOCUMENT.read_text())
    known = {"GATEHOUSE_DATA": str(served.folder), "GATEHOUSE_WITNESS_FOLDER": str(served.witness)}
    known |= {"GATEHOUSE_URL": served.url("intake"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    typed(last_month, folder, known)
    known["PROOF"] = _a_month(served)
    return Desk(folder, [typed(block, folder, known) for block in today])


def typed(block: str, folder: Path, environment: dict[str, str]) -> str:
    """What the shell answers."""
    for told, instead in OFFLINE.items():
        block = block.replace(told, instead)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (block, done.stdout, done.stderr)
    if (folder / "python").exists():
        _install(folder / "python")
    return done.stdout + done.stderr


def _install(venv: Path) -> None:
    (target,) = venv.glob("lib/python3*/site-packages")
    for path in Path(sysconfig.get_path("platlib")).iterdir():
        if path.name.split(".")[0].split("-")[0] in NEEDED and not (target / path.name).exists():
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, target / path.name)


def _a_month(served: Embedded) -> str:
    """Facts of the month since; where the proof of one of them is, as the audit trail says."""
    with Walker(served) as walker:
        asked = {"name": "Interview summariser", "owner": "omar", "answers": MEDIUM}
        taken = walker.post("/intake/v1/intakes", "rita", asked)
        wait_for(lambda: signed(walker, "intake") > taken["position"], "a signed head over this month's intake")
        trail = f"/reporting/v1/audit?system={taken['system_id']}&kind=gatehouse.intake.system_registered.v1"
        found = wait_for(lambda: walker.get(trail, "operator")["items"], "the registration in the audit trail")
        return str(found[0]["proof"])


def test_the_month_holds_every_byte_of_it_and_continues_what_was_kept(desk: Desk, tell: Tell) -> None:
    (answer,) = (answer for answer in desk.answers if "ALL OF IT HOLDS" in answer)
    hashed, size = map(int, re.findall(r"(\d+) of (\d+) entries hashed", answer)[0])
    kept = int((desk.folder / "kept" / "march.checkpoint").read_text().splitlines()[1])
    assert hashed == size > kept > DISCOVERED
    assert "cosigned by local; keys taken from the policy; continues the checkpoint you kept" in answer
    tell(AUDITOR, CRYPTOGRAPHY, "a month's history", _line(answer, "ALL OF IT HOLDS"))


def test_one_fact_is_proven_by_its_receipt(desk: Desk, tell: Tell) -> None:
    (answer,) = (answer for answer in desk.answers if "\nPROVEN: entry " in answer)
    assert "Interview summariser" in answer
    assert "witnesses enough: True" in answer
    tell(AUDITOR, CRYPTOGRAPHY, "one fact's receipt", _line(answer, "PROVEN: "))


def test_every_line_that_is_typed_otherwise_is_in_the_document() -> None:
    assert all(told in DOCUMENT.read_text() for told in OFFLINE)


def test_what_does_not_hold_is_told(desk: Desk, tell: Tell) -> None:
    changed, older, otherwise = desk.answers[-3:]
    assert re.search(r"^BAD at 0: .*\nDO NOT RELY ON IT\nexit code 1", changed, flags=re.MULTILINE), changed
    assert re.search(r"^BAD at \d+: rolled back: .*\nDO NOT RELY ON IT\nexit code 1", older, flags=re.MULTILINE), older
    assert "NOT PROVEN: " in otherwise
    assert "exit code 1" in otherwise
    for read, answer in (("a changed byte", changed), ("an older copy", older)):
        tell(AUDITOR, CRYPTOGRAPHY, read, _line(answer, "BAD at "), control=True)
    tell(AUDITOR, CRYPTOGRAPHY, "the receipt of another fact", _line(otherwise, "NOT PROVEN: "), control=True)


def _line(answer: str, words: str) -> str:
    """The line of an answer that says this."""
    return next(line for line in answer.splitlines() if words in line)


def test_the_auditor_s_python_knows_nothing_of_ours_and_nothing_else(desk: Desk) -> None:
    (target,) = desk.folder.glob("python/lib/python3*/site-packages")
    packages = {path.name.split("-")[0].split(".")[0] for path in target.iterdir()}
    assert "cryptography" in packages
    assert packages <= set(NEEDED)
