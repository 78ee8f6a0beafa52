"""What the folder's README and docstring tell an auditor to type is run as it stands there."""

import re
from pathlib import Path

import pytest

import shared.transparency
from shared.transparency.checkpoint import peek
from shared.transparency.policy_text import write_policy
from shared.transparency.report import Report
from tests.contracts.transparency.logs import KEY, ORIGIN, POLICY, events, watcher, written

README = (Path(shared.transparency.__file__).parent / "README.md").read_text()


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run(code: str, names: dict[str, object]) -> None:
    exec(code, names)  # noqa: S102 - running what the documentation says is the point


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An auditor's folder: an export, a policy, and the checkpoint of last time."""
    first, _ = written(tmp_path / "export" / "intake", 5, 300)
    (tmp_path / "march.checkpoint").write_bytes(first.signed)
    (tmp_path / "gatehouse.policy").write_bytes(write_policy(POLICY))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_verifying_as_the_readme_says(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(blocks()[0], {})
    assert capsys.readouterr().out.startswith("True 300 ")


def test_verifying_as_the_docstring_says(desk: Path) -> None:
    code = "\n".join(line[4:] for line in (shared.transparency.__doc__ or "").splitlines() if line.startswith("    "))
    names: dict[str, object] = {}
    run(code.replace("from transparency.", "from shared.transparency."), names)
    report = names["report"]
    assert isinstance(report, Report)
    assert report.ok


def test_keeping_a_log_as_the_readme_says(desk: Path) -> None:
    witness = watcher(desk / "witness")
    names: dict[str, object] = {
        "folder": desk / "export" / "intake",
        "signing_key": KEY,
        "last_head_in_our_table": peek((desk / "march.checkpoint").read_bytes()),
        "witness_head": peek((desk / "march.checkpoint").read_bytes()),
        "witness": witness,
        "bodies_from": lambda position: events(310, position),
    }
    run(blocks()[1], names)
    seen = witness.latest(ORIGIN)
    assert seen is not None
    assert peek(seen).size == 310
