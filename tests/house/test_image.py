"""The image starts: what the Dockerfile copies and installs is enough to load every role's code.

No container engine runs here, so that its search path is laid out in a folder: the copied rooms, and of our own
site-packages only what `requirements.txt` locks. The project itself is not installed there, as in the image.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from shared.version import VERSION
from tests.house.test_lock import RUNTIME, locked
from tests.house.tree import ROOT, sources

LOAD_ALL = """
import json, sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
try:
    distribution("gatehouse")
except PackageNotFoundError:
    for name in json.load(sys.stdin):
        import_module(name)
else:
    sys.exit("the project is installed here, as it is not in the image")
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`app` with what the last stage copies, `site` with what the first one installs."""
    root = tmp_path_factory.mktemp("image")
    (root / "app").mkdir()
    (root / "site").mkdir()
    for room in copied():
        shutil.copytree(ROOT / room, root / "app" / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in locked(RUNTIME):
        installed = distribution(name)
        for first in {file.parts[0] for file in installed.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (link := root / "site" / first).exists():
                link.symlink_to(Path(str(installed.locate_file(first))))
    return root


def copied() -> list[str]:
    """The folders that the Dockerfile's last stage copies from here."""
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    return [source for source, to in re.findall(r"^COPY (\w+) (\w+)$", last, re.MULTILINE) if source == to]


def python(image: Path, *arguments: str, heard: str = "") -> subprocess.CompletedProcess[str]:
    """Python with the image's search path, and nothing of ours beside it (`-S`)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEHOUSE_", "PYTHON"))}
    environment = {**kept, "PYTHONPATH": f"{image / 'app'}:{image / 'site'}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", *arguments]
    return subprocess.run(
        command, cwd=image, env=environment, input=heard, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_module_of_the_product_is_loaded_with_what_the_image_holds(image: Path) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sources(*copied())
        if not {"migrations", "__main__"} & set(path.relative_to(ROOT).with_suffix("").parts)
    ]
    assert {"services.playing", "services.review.wiring", "deploy.prepare"} <= set(modules)
    done = python(image, "-c", LOAD_ALL, heard=json.dumps([name for name in modules if name != "deploy.local.leash"]))
    assert done.returncode == 0, done.stderr


def test_the_image_says_how_it_is_used(image: Path) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    begun = [json.loads(line) for line in re.findall(r"^(?:ENTRYPOINT|CMD) (.+)$", dockerfile, re.MULTILINE)]
    assert begun[0][0] == "python"
    done = python(image, *begun[0][1:], *begun[1])
    assert done.returncode == 0, done.stderr
    assert "--role {api,relay,consumer,worker}" in done.stdout


def test_what_the_image_is_called_is_the_version() -> None:
    named = [ROOT / "docker-compose.yml", ROOT / "Dockerfile", *(ROOT / "deploy" / "k8s").rglob("*.yaml")]
    tags = [tag for file in named for tag in re.findall(r"gatehouse:(\d\S*)", file.read_text())]
    assert set(tags) == {VERSION}
