"""The AsyncAPI initiative's own parser, which runs on Node: fetched by npm, checked against `package-lock.json`."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from deploy.local.cache import kept
from deploy.local.process import EngineMissing

PACKAGE: Final = Path(__file__).with_name("asyncapi")
PATIENCE: Final = 600  # seconds; a cold fetch took 7 s on the machine this was written on
NEWER_EXISTS: Final = "asyncapi-latest-version"
"""The one remark that is no fault: a document may keep to the version of the specification that it names."""


@dataclass(frozen=True)
class Reading:
    """What the parser made of a document; no channels and messages where it could not make sense of it."""

    channels: int | None
    messages: int | None
    faults: list[str]


def version() -> str:
    """The version of the parser that package.json names."""
    found: str = json.loads((PACKAGE / "package.json").read_text())["dependencies"]["@asyncapi/parser"]
    return found


def read(documents: Sequence[str]) -> list[Reading]:
    """Have the parser read AsyncAPI documents, all in one process."""
    command = [_program("node"), PACKAGE / "check.mjs"]
    asked = json.dumps(documents)
    done = subprocess.run(command, cwd=packages(), input=asked, capture_output=True, text=True, timeout=120, check=True)
    return [_reading(said) for said in json.loads(done.stdout)]


def _reading(said: dict[str, Any]) -> Reading:
    faults = [each for each in said["diagnostics"] if each["code"] != NEWER_EXISTS]
    return Reading(said["channels"], said["messages"], [f"{each['path']}: {each['message']}" for each in faults])


@cache
def packages() -> Path:
    """The folder that holds the parser as locked; EngineMissing says why it can't be had."""
    node, npm = _program("node"), _program("npm")
    major = re.match(r"v(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout)
    if major is None or int(major[1]) < 18:
        raise EngineMissing("AsyncAPI's parser needs Node 18 or later")
    lock = (PACKAGE / "package-lock.json").read_bytes()
    return kept(f"asyncapi-{sha256(lock).hexdigest()[:12]}", lambda folder: _fetch(npm, folder))


def _fetch(npm: str, into: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, into / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise EngineMissing(f"npm could not fetch AsyncAPI's parser: {(done.stdout + done.stderr).strip()[-500:]}")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise EngineMissing(f"AsyncAPI's parser runs on Node, and there is no {name} on the path")
    return found
