"""What a command says when it can't do what was asked: one line that names what is wrong, and the right exit code."""

import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import typer
from typer.testing import CliRunner

from services.cli import command_line
from services.commands.speaking import Exit, complaints
from services.process import World, opened, prepare_embedded
from shared.policy.bundle import default as default_policy
from shared.runtime.grants import MappingError
from shared.runtime.settings import Settings, SettingsError
from tests.house.tree import ROOT


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is held, so that no other program answers there, and at which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def complained(code: Exit, *arguments: str) -> str:
    done = CliRunner().invoke(command_line([arguments[0]]), arguments)
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_server_that_does_not_answer_is_named(nobody: str) -> None:
    said = complained(Exit.UNREACHABLE, "key", "list", "--url", f"http://{nobody}")
    assert f"http://{nobody} can't be reached" in said
    assert "gatehouse up" in said
    assert "another with --url or --data" in said
    assert "another as the source" in complained(Exit.UNREACHABLE, "verify", f"http://{nobody}")


def test_an_address_without_its_scheme_is_told(nobody: str) -> None:
    assert "begins with http://" in complained(Exit.UNREACHABLE, "key", "list", "--url", nobody)


def test_a_broker_that_does_not_answer_is_told(nobody: str) -> None:
    said = complained(Exit.UNREACHABLE, "verify", f"kafka://{nobody}")
    assert f"kafka://{nobody} can't be reached" in said
    assert said.count("KafkaConnectionError") == 1


@pytest.mark.parametrize("place", ["", "kafka", "kafka:port", "kafka:99999"])
def test_what_is_no_broker_is_told(place: str) -> None:
    assert f"kafka://{place}: '{place}' is no host:port" in complained(Exit.USAGE, "verify", f"kafka://{place}")


def test_a_port_that_is_taken_is_told_before_anything_starts(nobody: str, tmp_path: Path) -> None:
    port = nobody.rpartition(":")[2]
    folder = tmp_path / "data"
    said = complained(Exit.FAILED, "up", "--data", str(folder), "--port", port)
    assert f"{nobody}: Address already in use; choose another with --port" in said
    assert not folder.exists()
    assert "choose another with --port" in complained(
        Exit.FAILED, "demo", "--data", str(tmp_path / "demo"), "--port", port
    )


def test_a_port_that_there_is_not_is_refused(tmp_path: Path) -> None:
    assert "65535" in complained(Exit.USAGE, "up", "--data", str(tmp_path), "--port", "70000")


def test_no_token_is_made_where_no_server_would_take_it(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert "is no data folder" in complained(Exit.USAGE, "token", "--as", "operator", "--data", str(nowhere))
    assert not nowhere.exists()


def test_what_is_no_data_folder_is_not_exported(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = complained(Exit.USAGE, "export", "--data", str(tmp_path / "nowhere"), "--out", str(out))
    assert "nowhere is no data folder" in said
    assert not out.exists()


def test_a_service_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    assert "intake, review, monitoring, reporting" in complained(Exit.USAGE, "rebuild", "--service", "nosuch")


def test_a_file_that_is_missing_is_named() -> None:
    said = complained(Exit.USAGE, "verify", str(ROOT), "--policy", "nosuch.policy")
    assert said == "gatehouse: there is no nosuch.policy"


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--data", "file"),
        ("verify", "folder", "--policy", "folder"),
        ("verify", "folder", "--against", "folder"),
        ("endpoint", "create", "jira", "Jira", "--owner", "omar", "--mapping", "folder", "--url", "http://127.0.0.1:9"),
        ("endpoint", "create", "jira", "Jira", "--owner", "omar", "--mapping", "bytes", "--url", "http://127.0.0.1:9"),
    ],
    ids=" ".join,
)
def test_a_file_of_the_wrong_kind_is_named(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "bytes").write_bytes(b"name: \xff")
    named = next(one for one in reversed(arguments) if one in ("folder", "file", "bytes"))
    assert f"gatehouse: {named}" in complained(Exit.USAGE, *arguments)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HOST", "nosuch.invalid", "nosuch.invalid is no address to listen on"),
        ("ALLOWED_HOSTS", "10.0.0.1/8", "ALLOWED_HOSTS: 10.0.0.1/8 has host bits set"),
        ("INTAKE_EVENTS_URL", "mysql://h/d", "INTAKE_EVENTS_URL: 'mysql' is not one of sqlite,"),
        ("KAFKA_BOOTSTRAP", "kafka:99999", "KAFKA_BOOTSTRAP: 'kafka:99999' is no host:port"),
    ],
)
def test_a_setting_that_leads_nowhere_is_named(
    name: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEHOUSE_OIDC_ISSUER", "http://127.0.0.1:9")
    monkeypatch.setenv("GATEHOUSE_TEMPORAL_ADDRESS", "127.0.0.1:9")
    monkeypatch.setenv(f"GATEHOUSE_{name}", value)
    code = Exit.FAILED if name == "HOST" else Exit.USAGE
    assert words in complained(code, "up", "--data", str(tmp_path / "data"), "--port", "0")


async def test_a_policy_folder_that_holds_none_is_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, policy_folder=tmp_path / "nosuch")
    await prepare_embedded(settings)
    with pytest.raises(SettingsError, match="GATEHOUSE_POLICY_FOLDER: the policy bundle is not valid"):
        async with opened(settings):
            pass


@pytest.fixture
def to_come(tmp_path: Path) -> Settings:
    """Settings with a policy that does not apply yet."""
    folder = tmp_path / "policy"
    shutil.copytree(Path(default_policy.__file__).parent, folder)
    title = folder / "bundle.yaml"
    dated = re.sub(r"(?m)^effective_from:.*$", 'effective_from: "2999-01-01"', title.read_text(encoding="utf-8"))
    title.write_text(dated, encoding="utf-8")
    return Settings(data=tmp_path / "data", policy_folder=folder)


async def test_a_policy_that_does_not_apply_yet_is_named_with_its_date(to_come: Settings) -> None:
    await prepare_embedded(to_come)
    with pytest.raises(SettingsError, match=r"GATEHOUSE_POLICY_FOLDER: the policy \S+ applies from 2999-01-01 on"):
        async with opened(to_come):
            pass


async def test_a_play_of_a_past_goes_by_a_policy_that_was_written_later(to_come: Settings) -> None:
    await prepare_embedded(to_come)
    async with opened(to_come, world=World(clock=lambda: datetime(2024, 1, 1, tzinfo=UTC))) as process:
        assert process.parts.bundle.effective_from.year == 2999


async def test_a_reviewer_of_what_the_policy_does_not_know_is_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    await prepare_embedded(settings)
    settings.path("people_file").write_text("people: [{subject: ada, grants: ['reviewer:securty']}]")
    with pytest.raises(MappingError, match=r"people\.yaml: ada: the policy has no discipline for 'reviewer:securty'"):
        async with opened(settings):
            pass


def test_what_does_not_speak_json_is_not_gatehouse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), complaints():
        httpx2.Response(200, text="<html>").json()
    assert "is not Gatehouse" in capsys.readouterr().err


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_server_that_shows_no_logs_is_not_called_forged(status: int) -> None:
    with pytest.raises(typer.Exit) as left, complaints(refused=Exit.UNREACHABLE):
        httpx2.Response(status, json={}, request=httpx2.Request("GET", "http://g.test/x")).raise_for_status()
    assert left.value.exit_code == Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "problem", "words"),
    [
        (401, {"title": "No", "detail": "its key is not known"}, "its key is not known; give one that g.test takes"),
        (404, {"title": "Nothing", "detail": "nothing"}, "Nothing: /intake/v1/keys/nosuch"),
        (422, {"title": "Bad", "detail": "no role", "errors": [{"detail": "no role"}, {"detail": "x"}]}, "no role; x"),
    ],
)
def test_a_refusal_is_told_once_with_what_helps(
    status: int, problem: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = httpx2.Request("GET", "http://g.test/intake/v1/keys/nosuch")
    with pytest.raises(typer.Exit), complaints():
        httpx2.Response(status, json=problem, request=asked).raise_for_status()
    said = " ".join(capsys.readouterr().err.split())
    assert words in said
    assert said.count(str(problem["detail"])) == (status != 404)


@pytest.mark.parametrize("body", [["no"], "no", None, {"errors": ["no"]}, {"errors": "no"}], ids=str)
def test_a_refusal_in_other_json_than_ours_is_told_too(body: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, complaints():
        httpx2.Response(400, json=body, request=httpx2.Request("GET", "http://g.test/x")).raise_for_status()
    assert left.value.exit_code == Exit.FAILED
    assert "400" in capsys.readouterr().err
