"""A role that is given a file it can't use says so in one line, by exit code 2."""

import asyncio
from pathlib import Path

import pytest

from services.playing import main
from services.process import prepare_embedded
from shared.runtime.settings import Settings


@pytest.mark.parametrize(
    ("role", "file", "content", "said"),
    [
        ("consumer", "keys/master.key", "k1 short\n", "master.key: each line is"),
        ("worker", "keys/codec.key", "", "codec.key: keys of 32 bytes are needed"),
        ("api", "keys/issuer.jwk", "{}", "issuer.jwk: this is no private JWK"),
        ("api", "people.yaml", "people: [{subject: ada, grants: [reviewer:securty]}]", "the policy has no discipline"),
        ("relay", "keys/signing/intake.key", "PRIVATE+KEY+what\n", "intake.key: not a private key"),
    ],
)
def test_a_file_that_can_not_be_used_is_named(
    role: str,
    file: str,
    content: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(prepare_embedded(Settings(data=tmp_path)))
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(content)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("GATEHOUSE_TEMPORAL_ADDRESS", "127.0.0.1:9")
    assert main(["--role", role]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert said in line


def test_a_mapping_of_groups_that_can_not_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(prepare_embedded(Settings(data=tmp_path)))
    (tmp_path / "groups.yaml").write_text("groups: [no, mapping]\n")
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("GATEHOUSE_OIDC_ISSUER", "http://127.0.0.1:9")
    monkeypatch.setenv("GATEHOUSE_GROUPS_FILE", str(tmp_path / "groups.yaml"))
    assert main(["--role", "api"]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'groups.yaml'}: a mapping `groups` is needed\n"
