"""The folder can be lifted out whole: copied elsewhere, it verifies a log with nothing of ours beside it."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.transparency.policy_text import write_policy
from tests.contracts.transparency.logs import POLICY, written

ROOM = Path(__file__).parents[3] / "shared" / "transparency"
AUDITOR = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from transparency.policy_text import read_policy
from transparency.tile_store import TileStore
from transparency.verify import verify_log
report = verify_log(
    TileStore(Path(sys.argv[2])),
    policy=read_policy(Path(sys.argv[3]).read_bytes()),
    remembered=[("my checkpoint", Path(sys.argv[4]).read_bytes())],
)
assert not any(name.split(".")[0] in ("shared", "services") for name in sys.modules)
print(report.ok, report.size, report.basis)
"""


def test_an_auditor_needs_the_folder_and_nothing_else_of_ours(tmp_path: Path) -> None:
    first, _ = written(tmp_path / "log", 5, 300)
    shutil.copytree(ROOM, tmp_path / "lifted" / "transparency", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "policy").write_bytes(write_policy(POLICY))
    (tmp_path / "checkpoint").write_bytes(first.signed)
    arguments = [tmp_path / "lifted", tmp_path / "log", tmp_path / "policy", tmp_path / "checkpoint"]
    ended = subprocess.run(
        [sys.executable, "-I", "-c", AUDITOR, *arguments], cwd=tmp_path, timeout=60, check=True, capture_output=True
    )
    assert ended.stdout.decode() == "True 300 keys taken from the policy; continues my checkpoint\n"


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_the_standard_library_itself_and_cryptography(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1
            continue
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in {*sys.stdlib_module_names, "cryptography"}, name
