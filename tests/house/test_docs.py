"""What the documents tell people to type is typed: bash blocks marked as executed run, in order, on a real server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.process import Child
from tests.house.tree import ROOT

BLOCK = re.compile(r"<!-- executed -->\n```bash\n(.*?)```", flags=re.DOTALL)
WRITTEN = "http://127.0.0.1:8080"
ANSWERS = {  # what the person who typed it must see
    "README.md": '"proposed_tier"',
    "docs/importing.md": "4 rows: 3 registered, 0 amended, 0 unchanged, 1 merged, 0 refused",
    "docs/verifying.md": "verified",
}
READY = re.compile(r"^ready (\S+)$", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An embedded run on a new folder, and the environment of somebody who types beside it."""
    folder = tmp_path_factory.mktemp("documents")
    environment = {"GATEHOUSE_DATA": str(folder / "data"), "GATEHOUSE_WITNESS_FOLDER": str(folder / "witness")}
    log = folder / "up.log"
    command = [str(Path(sys.executable).with_name("gatehouse")), "up", "--port", "0"]
    child = Child(command, log=log, environment=environment)
    child.wait_until(lambda: READY.search(log.read_text()) is not None, within=60)
    found = READY.search(log.read_text())
    assert found is not None
    yield {**environment, "GATEHOUSE_URL": found[1]}
    child.stop(within=30)


@pytest.mark.journey
@pytest.mark.parametrize("document", ANSWERS)
def test_what_a_document_tells_to_type_works(document: str, served: dict[str, str], tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / document).read_text())
    assert blocks
    typist = {**os.environ, **served, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    script = (
        "\n".join(blocks).replace(WRITTEN, served["GATEHOUSE_URL"]).replace("curl -sS", "curl -sS --fail-with-body")
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=typist,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ANSWERS[document] in done.stdout
