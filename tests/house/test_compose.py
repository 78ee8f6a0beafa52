"""docker-compose.yml keeps to the Compose Specification and to our own rules."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.runtime.entropy import LiveEntropy
from shared.runtime.grants import GroupMapping
from shared.runtime.key_files import keyring
from shared.runtime.settings import OF_THE_COMMAND_LINE, PREFIX, Settings
from tests.house.tree import ROOT

COMPOSE = ROOT / "docker-compose.yml"


def test_it_follows_the_compose_specification() -> None:
    assert check(COMPOSE) == []


def test_the_check_can_fail(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("    command: [", "    comand: [", 1))
    assert check(broken) != []


def test_every_setting_it_names_exists() -> None:
    named = {
        name for service in services().values() for name in service.get("environment", {}) if name.startswith(PREFIX)
    }
    known = {PREFIX + field.upper() for field in Settings.model_fields} | OF_THE_COMMAND_LINE
    assert named
    assert named <= known


def test_every_image_has_a_fixed_tag() -> None:
    for name, service in services().items():
        tag = service["image"].rpartition(":")[2]
        assert tag[0].isdigit(), f"{name} follows a moving tag: {service['image']}"


@pytest.mark.parametrize("role", ["api", "relay", "consumer", "worker", "migrate"])
def test_a_container_of_ours_is_restricted(role: str) -> None:
    container = services()[role]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["command"] == (["deploy.prepare"] if role == "migrate" else ["services.run", "--role", role])


def test_nobody_waits_for_the_health_of_a_service_that_does_not_tell_it() -> None:
    awaited = {
        other
        for service in services().values()
        for other, wait in service.get("depends_on", {}).items()
        if wait["condition"] == "service_healthy"
    }
    assert awaited
    assert all("test" in services()[name]["healthcheck"] for name in awaited)


def test_ports_are_open_to_this_machine_only() -> None:
    opened = [port for service in services().values() for port in service.get("ports", [])]
    assert opened
    assert all(port.startswith("127.0.0.1:") for port in opened)


def test_the_keys_that_it_says_how_to_make_are_taken_by_the_user_of_the_image(tmp_path: Path) -> None:
    header = COMPOSE.read_text().partition("\nname:")[0]
    commands = [line.removeprefix("#   ") for line in header.splitlines() if line.startswith("#   ")]
    making = [line for line in commands if "keys" in line or "groups" in line]
    handed = [line.split() for line in making if line.startswith("sudo chown")]
    user = re.search(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    secrets = {Path(secret["file"]) for secret in yaml.safe_load(COMPOSE.read_text())["secrets"].values()}
    assert user is not None
    assert [(line[2], {Path(name) for name in line[3:]}) for line in handed] == [(user[1], secrets)]

    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    ours = f"{os.getuid()}:{os.getgid()}"  # only root may give a file away
    script = "\n".join(["set -eu", 'sudo() { "$@"; }', *making]).replace(user[1], ours)
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    for path in secrets:
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o400
        assert len(keyring(tmp_path / path, LiveEntropy()).keys) == 1
    assert GroupMapping.from_file(tmp_path / "groups.yaml").grants_of("anybody", {"groups": ["triager"]})
    assert (tmp_path / "groups.yaml").stat().st_mode & 0o004


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def check(file: Path) -> list[Any]:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "-o",
        "json",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert (done.returncode == 0) == (report["status"] == "ok"), done.stderr
    errors: list[Any] = report.get("errors", []) + report.get("parse_errors", [])
    return errors
